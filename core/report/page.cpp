// report.html: one file, no network, readable on a phone, in print and without scripts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/report/assets.hpp"
#include "core/report/figure.hpp"
#include "core/report/heat_map.hpp"
#include "core/report/report.hpp"

namespace tightrope {

namespace {

constexpr const char* style = R"css(
:root{--ink:#1d2126;--soft:#5b6470;--line:#dfe3e8;--paper:#fff;--panel:#f6f7f9;--good:#0b6b4a;--bad:#a8310b;--link:#005a8c}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaee;--soft:#a5aeb9;--line:#333a42;--paper:#15181c;--panel:#1d2227;--good:#58c99a;--bad:#ff9470;--link:#7cc4f2}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1040px;margin:0 auto;padding:2.2rem 1.2rem 4rem}h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.6rem 0 .7rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:0 0 .2rem}
p{margin:.4rem 0;max-width:46rem}.soft{color:var(--soft)}.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.93rem;min-width:50%}th,td{padding:.35rem .9rem .35rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;color:var(--soft)}td.number,th.number{text-align:right}.holds{color:var(--good);font-weight:600;white-space:nowrap}.fails{color:var(--bad);font-weight:600;white-space:nowrap}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:1.6rem}figure{margin:0;min-width:0}figcaption{font-size:.9rem;color:var(--soft);margin-bottom:.4rem}
figcaption b{color:var(--ink)}.panel{background:#fff;color:#222;border:1px solid var(--line);border-radius:8px;padding:.6rem}.static{display:none}.static svg{width:100%;height:auto;display:block}
fieldset{border:0;padding:0;margin:0 0 1rem;display:flex;gap:1.2rem;flex-wrap:wrap}legend{float:left;margin-right:1.2rem;color:var(--soft)}label{cursor:pointer}
.maps{display:flex;flex-wrap:wrap;gap:1.6rem}.maps figure{flex:0 1 220px}.maps img{width:100%;max-width:300px;height:auto;image-rendering:pixelated;border:1px solid var(--line);display:block}
.bar{display:flex;align-items:center;gap:.7rem;margin-top:1rem;font-variant-numeric:tabular-nums}.bar img{width:180px;height:12px}
pre{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:1rem;overflow-x:auto;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--link)}details .wide{max-height:22rem;overflow:auto}.u-legend{text-align:left!important;font-size:.85rem}
@media print{.chart,fieldset{display:none!important}.static{display:block!important}details:not([open]){display:none}main{max-width:none;padding:0}figure{break-inside:avoid}}
)css";

constexpr const char* script = R"js(
(function(){
"use strict";
var data=JSON.parse(document.getElementById("figures").textContent),charts=[];
function label(v){if(v==null)return"";if(v===0)return"0";var e=Math.floor(Math.log10(Math.abs(v))+1e-9);return e<-2||e>4?v.toExponential(Math.abs(v/Math.pow(10,e)-Math.round(v/Math.pow(10,e)))<1e-6?0:1).replace("+",""):String(+v.toPrecision(4))}
function precise(u,v){return v==null?"–":v===0?"0":Math.abs(v)<1e-2||Math.abs(v)>=1e4?v.toExponential(2):String(+v.toPrecision(4))}
function draw(axis){
 charts.forEach(function(c){c.destroy()});charts=[];
 data.forEach(function(f){
  var box=document.getElementById("chart-"+f.id),tables=f.curves.map(function(c){return[c[axis]&&c[axis].length?c[axis]:c.iterations,c.values]});
  var joined=tables.length>1?uPlot.join(tables):tables[0],series=[{label:axis,value:precise}];
  f.curves.forEach(function(c){series.push({label:c.name,stroke:c.colour,width:1.8,dash:c.dashes,spanGaps:true,value:precise,points:{show:c.values.length<40}})});
  var low=Infinity,high=0;f.curves.forEach(function(c){c.values.forEach(function(v){low=Math.min(low,v);high=Math.max(high,v)})});
  var range=f.log?[Math.pow(10,Math.floor(Math.log10(low)+1e-9)),Math.pow(10,Math.ceil(Math.log10(high)-1e-9))]:null;
  if(range&&range[0]===range[1])range[1]*=10;
  charts.push(new uPlot({width:Math.max(280,box.clientWidth-2),height:320,series:series,
   scales:{x:{time:false},y:f.log?{distr:3,range:range}:{}},cursor:{sync:{key:"page"}},
   axes:[{label:axis,labelSize:22,values:function(u,s){return s.map(label)}},
         {size:64,filter:function(u,s){return f.log?s.map(function(v){var e=Math.log10(v);return Math.abs(e-Math.round(e))<1e-9?v:null}):s},values:function(u,s){return s.map(function(v){if(v==null)return"";var e=Math.log10(v);return f.log&&Math.abs(e-Math.round(e))>1e-9?"":label(v)})}}]},joined,box));
 });
}
function chosen(){return document.querySelector("input[name=axis]:checked").value}
document.querySelectorAll("input[name=axis]").forEach(function(i){i.addEventListener("change",function(){draw(chosen())})});
var wait;window.addEventListener("resize",function(){clearTimeout(wait);wait=setTimeout(function(){draw(chosen())},150)});
draw(chosen());
})();
)js";

std::string number(Real value) {
  if (!std::isfinite(value)) return "–";
  if (value == std::floor(value) && std::abs(value) < 1e7) return fmt::format("{:.0f}", value);
  if (std::abs(value) >= 1e-2 && std::abs(value) < 1e4) return fmt::format("{:.3g}", value);
  return fmt::format("{:.2e}", value);
}

std::vector<Index> prominent(const Trace& trace) {
  std::vector<Index> columns;
  for (Index c = 0; c < trace.columns.size(); ++c)
    if (trace.columns[c].prominence > 0) columns.push_back(c);
  std::stable_sort(columns.begin(), columns.end(),
                   [&](Index a, Index b) { return trace.columns[a].prominence > trace.columns[b].prominence; });
  return columns;
}

std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

std::string summary(const StoredRun& run) {
  std::string html;
  if (run.cells.size() == 1) {
    const StoredCell& cell = run.cells.front();
    html += fmt::format("<p>{}", escaped(sentence(cell.end.reason)));
    std::string numbers;
    for (const Index c : prominent(cell.trace))
      numbers += fmt::format("{}{} {}", numbers.empty() ? "" : ", ", escaped(worded(cell.trace.columns[c].name)),
                             number(cell.trace.last(c)));
    if (!numbers.empty()) html += fmt::format(" At the end: {}.", numbers);
    html += "</p>\n";
  } else {
    html += fmt::format("<p>{} runs, compared below.</p>\n", run.cells.size());
  }
  const auto holding =
      std::count_if(run.claims.begin(), run.claims.end(), [](const StoredClaim& claim) { return claim.holds; });
  if (!run.claims.empty()) {
    html += static_cast<std::size_t>(holding) == run.claims.size()
                ? fmt::format("<p>{} holds.</p>\n", run.claims.size() == 1
                                                        ? "The claim"
                                                        : fmt::format("Each of the {} claims", run.claims.size()))
                : fmt::format("<p>{} of {} claims hold.</p>\n", holding, run.claims.size());
  }
  return html;
}

std::string claims(const StoredRun& run) {
  if (run.claims.empty()) return "";
  std::string html =
      "<h2>Claims</h2>\n<div class=\"wide\"><table><thead><tr><th>Verdict</th><th>Claim</th><th "
      "class=\"number\">Measured</th></tr></thead><tbody>\n";
  for (const StoredClaim& claim : run.claims)
    html += fmt::format("<tr><td class=\"{}\">{}</td><td>{}</td><td class=\"number\">{}</td></tr>\n",
                        claim.holds ? "holds" : "fails", claim.holds ? "✓ holds" : "✗ is false", escaped(claim.text),
                        escaped(claim.measured));
  return html + "</tbody></table></div>\n";
}

std::string runs(const StoredRun& run) {
  std::vector<std::string> columns;
  for (const StoredCell& cell : run.cells)
    for (const Index c : prominent(cell.trace))
      if (std::find(columns.begin(), columns.end(), cell.trace.columns[c].name) == columns.end())
        columns.push_back(cell.trace.columns[c].name);
  std::string html = "<h2>Runs</h2>\n<div class=\"wide\"><table><thead><tr>";
  if (run.cells.size() > 1) html += "<th>Run</th>";
  html +=
      "<th>End</th><th class=\"number\">Iterations</th><th class=\"number\">Passes</th><th "
      "class=\"number\">Seconds</th>";
  for (const std::string& column : columns)
    html += fmt::format("<th class=\"number\">{}</th>", escaped(worded(column)));
  html += "</tr></thead><tbody>\n";
  for (const StoredCell& cell : run.cells) {
    html += "<tr>";
    if (run.cells.size() > 1)
      html += fmt::format("<td title=\"{}\">{}</td>", escaped(name_of(cell), 20000), escaped(name_of(cell), 60));
    html += fmt::format(
        "<td title=\"{}\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td "
        "class=\"number\">{:.2f}</td>",
        escaped(cell.end.reason), to_string(cell.end.end_class), cell.end.iteration, cell.counters.passes(),
        cell.seconds);
    for (const std::string& column : columns) {
      const auto at = cell.trace.find(column);
      html += fmt::format("<td class=\"number\">{}</td>", at ? number(cell.trace.last(*at)) : "–");
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string data_table(const Figure& figure) {
  std::string html =
      "<details><summary>Numbers</summary><div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>Curve</th><th "
      "class=\"number\">Iteration</th><th class=\"number\">Value</th></tr></thead><tbody>\n";
  for (const Curve& curve : figure.curves) {
    const std::size_t stride = std::max<std::size_t>(1, (curve.values.size() + 19) / 20);
    for (std::size_t i = 0; i < curve.values.size(); i += stride)
      html += fmt::format("<tr><td>{}</td><td class=\"number\">{:.0f}</td><td class=\"number\">{}</td></tr>\n",
                          escaped(curve.name, 60), curve.iterations[i], number(curve.values[i]));
  }
  return html + "</tbody></table></div></details>\n";
}

std::string curves(const std::vector<Figure>& figures) {
  std::string html =
      "<h2>Curves</h2>\n<fieldset class=\"switch\"><legend>Over</legend><label><input type=\"radio\" name=\"axis\" "
      "value=\"iterations\" checked> iterations</label>"
      "<label><input type=\"radio\" name=\"axis\" value=\"passes\"> passes over the operator</label><label><input "
      "type=\"radio\" name=\"axis\" value=\"seconds\"> seconds</label></fieldset>\n<div class=\"figures\">\n";
  for (const Figure& figure : figures)
    html += fmt::format(
        "<figure><figcaption><b>{0}</b>: {1}</figcaption><div class=\"panel\"><div class=\"chart\" id=\"chart-{2}\" "
        "role=\"img\" aria-label=\"{0}\"></div>"
        "<div class=\"static\" id=\"static-{2}\">{3}</div></div>{4}</figure>\n",
        escaped(figure.title), escaped(figure.description), figure.id, svg_of(figure), data_table(figure));
  return html + "</div>\n<noscript><style>.chart,.switch{display:none}.static{display:block}</style></noscript>\n";
}

std::string picture(const Mat& values, Real low, Real high, const std::string& caption) {
  return fmt::format(
      "<figure><figcaption>{0}</figcaption><img alt=\"{0}\" src=\"data:image/png;base64,{1}\"></figure>\n",
      escaped(caption), base64(heat_map_png(values, low, high)));
}

/// Truth once, then each run's estimate, on one scale; errors below, on a scale of their own.
std::string maps(const StoredRun& run, const std::vector<CellExtras>& extras) {
  const Mat* truth = nullptr;
  Mat dense;
  for (const CellExtras& extra : extras)
    if (extra.truth && !truth) {
      dense = extra.truth->X.dense();
      truth = &dense;
    }
  if (!truth &&
      std::none_of(extras.begin(), extras.end(), [](const CellExtras& extra) { return extra.estimate != nullptr; }))
    return "";
  const auto bar = [](Real low, Real high) {
    return fmt::format(
        "<div class=\"bar\"><span>{}</span><img alt=\"colour scale\" "
        "src=\"data:image/png;base64,{}\"><span>{}</span></div>\n",
        number(low), base64(colour_bar_png()), number(high));
  };
  const Mat& scale = truth ? *truth : *std::find_if(extras.begin(), extras.end(), [](const CellExtras& extra) {
                                         return extra.estimate != nullptr;
                                       })->estimate;
  const Real low = scale.min(), high = scale.max();
  std::string html = "<h2>Truth and estimate</h2>\n<div class=\"maps\">\n", errors;
  if (truth) html += picture(*truth, low, high, "truth");
  Real largest = 0;
  for (const CellExtras& extra : extras)
    if (extra.estimate && truth && arma::size(*extra.estimate) == arma::size(*truth))
      largest = std::max(largest, arma::abs(*extra.estimate - *truth).max());
  for (std::size_t i = 0; i < extras.size(); ++i) {
    if (!extras[i].estimate) continue;
    const std::string name = name_of(run.cells[i]);
    html += picture(*extras[i].estimate, low, high, "estimate" + (name.empty() ? "" : ", " + name));
    if (truth && arma::size(*extras[i].estimate) == arma::size(*truth))
      errors += picture(arma::abs(*extras[i].estimate - *truth), 0, largest,
                        "absolute error" + (name.empty() ? "" : ", " + name));
  }
  html += "</div>\n" + bar(low, high);
  if (!errors.empty()) html += "<div class=\"maps\">\n" + errors + "</div>\n" + bar(0, largest);
  return html;
}

std::string text_of(const Node* node) { return node && node->is_scalar() ? node->scalar : ""; }

std::string origin(const StoredRun& run) {
  std::string html = "<h2>What was asked</h2>\n";
  for (const StoredCell& cell : run.cells) {
    const std::string block = fmt::format("<pre tabindex=\"0\">{}</pre>", escaped(to_yaml(cell.spec), 200000));
    html += run.cells.size() == 1
                ? block + "\n"
                : fmt::format("<details><summary>{}</summary>{}</details>\n", escaped(name_of(cell), 60), block);
  }
  const StoredCell& first = run.cells.front();
  html += "<h2>Where it comes from</h2>\n<div class=\"wide\"><table><tbody>\n";
  const auto row = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) html += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", escaped(name), escaped(value));
  };
  row("version", text_of(first.record.find("tightrope")));
  if (const Node* build = first.record.find("build"))
    for (const Node::Entry& entry : build->entries) row(worded(entry.key), text_of(&entry.value));
  for (const char* key : {"finished", "processor", "threads"}) row(key, text_of(first.provenance.find(key)));
  for (const StoredCell& cell : run.cells) row(run.cells.size() == 1 ? "key" : "key of " + name_of(cell), cell.key);
  html +=
      "</tbody></table></div>\n<details><summary>Plugins and data with their SHA-256</summary><div class=\"wide\" "
      "tabindex=\"0\"><table><tbody>\n";
  for (const char* list : {"plugins", "data"})
    if (const Node* entries = first.record.find(list))
      for (const Node& entry : entries->items)
        row(text_of(entry.find("kind")) + " " + text_of(entry.find("name")) + text_of(entry.find("file")),
            text_of(entry.find("sha256")));
  return html + "</tbody></table></div></details>\n";
}

/// The curves as JSON that cannot end its script element.
std::string data_of(const std::vector<Figure>& figures) {
  nlohmann::json json = nlohmann::json::array();
  const auto rounded = [](const std::vector<Real>& values) {
    auto list = nlohmann::json::array();
    for (const Real value : values)
      list.push_back(value == std::floor(value) && std::abs(value) < 1e15
                         ? nlohmann::json(static_cast<std::int64_t>(value))
                         : nlohmann::json(std::stod(fmt::format("{:.5g}", value))));
    return list;
  };
  for (const Figure& figure : figures) {
    nlohmann::json curves = nlohmann::json::array();
    for (std::size_t c = 0; c < figure.curves.size(); ++c) {
      const Curve& curve = figure.curves[c];
      nlohmann::json dashes = nlohmann::json::array();
      std::istringstream lengths(curve_dashes(c));
      for (int length = 0; lengths >> length;) dashes.push_back(length);
      curves.push_back({{"name", curve.name.substr(0, 200)},
                        {"colour", curve_colour(c)},
                        {"dashes", dashes},
                        {"iterations", rounded(curve.iterations)},
                        {"passes", rounded(curve.passes)},
                        {"seconds", rounded(curve.seconds)},
                        {"values", rounded(curve.values)}});
    }
    json.push_back({{"id", figure.id}, {"log", figure.logarithmic}, {"curves", curves}});
  }
  std::string text = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) text.replace(at, 1, "\\u003c");
  return text;
}

}  // namespace

void write_report(const StoredRun& run, const std::vector<CellExtras>& extras) {
  const std::vector<Figure> figures = figures_of(run);
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
      "img-src data:\">\n<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>{0}</title>\n<link rel=\"icon\" "
      "href=\"data:,\">\n<style>{1}</style>\n<style>{2}</style></head>\n<body><main>\n<h1>{0}</h1>\n",
      escaped(run.name, 200), assets::uPlot_min_css, style);
  page += summary(run) + claims(run) + runs(run) + curves(figures) + maps(run, extras) + origin(run);
  page += fmt::format(
      "</main>\n<script type=\"application/json\" "
      "id=\"figures\">{}</script>\n<script>{}</script>\n<script>{}</script>\n</body></html>\n",
      data_of(figures), assets::uPlot_iife_min_js, script);

  std::error_code error;
  std::filesystem::create_directories(run.folder / "figures", error);
  if (error)
    throw Error(Exit::resources,
                fmt::format("{} cannot be created: {}", (run.folder / "figures").string(), error.message()));
  for (const Figure& figure : figures) write_atomically(run.folder / "figures" / (figure.id + ".svg"), svg_of(figure));
  write_atomically(run.folder / "report.html", page);
}

}  // namespace tightrope
