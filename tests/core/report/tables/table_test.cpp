// Tables in every format, with cells that mean something to the format.
#include "core/report/tables/table.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace tightrope;

TEST_CASE("text columns stand to the left, columns of numbers, dashes and intervals to the right") {
  Table table({"name", "value", "range"});
  table.add({"α", "1", "1.20e-03 [1e-3, ∞]"});
  table.add({"longer", "12.5", "–"});
  CHECK(table.text("table") ==
        "name    value               range\n"
        "α           1  1.20e-03 [1e-3, ∞]\n"
        "longer   12.5                   –\n");
}

TEST_CASE("Markdown rows have as many cells as the header, whatever is in them") {
  Table table({"a|b", "n"});
  table.add({"x\\|y\nz <b> a < b `code`", "-1e-5"});
  CHECK(table.text("markdown") ==
        "| a\\|b                       |     n |\n"
        "| -------------------------- | ----: |\n"
        "| x\\\\\\|y z \\<b> a < b `code` | -1e-5 |\n");
}

TEST_CASE("CSV fields are quoted where they must be") {
  Table table({"a", "b"});
  table.add({"x,y", "say \"no\"\n"});
  CHECK(table.text("csv") == "a,b\n\"x,y\",\"say \"\"no\"\"\n\"\n");
}

TEST_CASE("LaTeX takes everything as text but numbers with an exponent or a sign") {
  CHECK(latex_text("1.20e-03 [1e-03, 2.5e+10]") == "$1.20\\times10^{-3}$ [$10^{-3}$, $2.5\\times10^{10}$]");
  CHECK(latex_text("-0.5") == "$-0.5$");
  CHECK(latex_text("-1e-12") == "$-10^{-12}$");
  CHECK(latex_text("12.5") == "12.5");
  CHECK(latex_text("1e0") == "$10^{0}$");
  CHECK(latex_text("v1e-3") == "v1e-3");
  CHECK(latex_text("e-3 1e 1e- 1e-3x -") == "e-3 1e 1e- 1e-3x -");
  CHECK(latex_text("a_b & 50% #1 $x$ {y} ~^\\") ==
        "a\\_b \\& 50\\% \\#1 \\$x\\$ \\{y\\} \\textasciitilde{}\\textasciicircum{}\\textbackslash{}");
  CHECK(latex_text("κ=1e-3, σ ≤ ∞ – Stöger") == "$\\kappa$=$10^{-3}$, $\\sigma$ $\\le$ $\\infty$ -- Stöger");
  CHECK(latex_text("矩") == "\\texttt{U+77E9}");
  Table table({"method", "error"});
  table.add({"[a]", "1e-3"});
  CHECK(table.text("latex") ==
        "\\begin{tabular}{lr}\n\\toprule\nmethod & error \\\\\n\\midrule\n{}[a] & $10^{-3}$ \\\\\n\\bottomrule\n"
        "\\end{tabular}\n");
}

TEST_CASE("bold cells, and numbers by siunitx") {
  Table table({"method", "error", "successes"});
  table.add({"a", "1.50e-03", "3 of 3"}, {1});
  table.add({"b", "-2", "1 of 3"});
  table.add({"c", "–", "0 of 3"}, {0});
  CHECK(table.text("markdown") ==
        "| method |        error | successes |\n"
        "| ------ | -----------: | --------- |\n"
        "| a      | **1.50e-03** | 3 of 3    |\n"
        "| b      |           -2 | 1 of 3    |\n"
        "| **c**  |            – | 0 of 3    |\n");
  CHECK(table.text("latex") ==
        "\\begin{tabular}{lrl}\n\\toprule\nmethod & error & successes \\\\\n\\midrule\n"
        "a & \\textbf{\\boldmath $1.50\\times10^{-3}$} & 3 of 3 \\\\\n"
        "b & $-2$ & 1 of 3 \\\\\n\\textbf{\\boldmath c} & -- & 0 of 3 \\\\\n\\bottomrule\n\\end{tabular}\n");
  CHECK(table.text("latex", true) ==
        "\\begin{tabular}{lSl}\n\\toprule\nmethod & {error} & successes \\\\\n\\midrule\n"
        "a & \\bfseries 1.50e-3 & \\num{3} of \\num{3} \\\\\n"
        "b & -2 & \\num{1} of \\num{3} \\\\\n"
        "\\textbf{\\boldmath c} & {--} & \\num{0} of \\num{3} \\\\\n\\bottomrule\n\\end{tabular}\n");
  CHECK(latex_text("1.2.3 v1 1e-3", true) == "1.2.3 v1 \\num{1e-3}");
}
