// report.html: one file, no network, readable on a phone, in print and without scripts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
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
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(46%,190px),1fr));gap:1.2rem;align-items:end;margin-bottom:.8rem}.maps img{width:100%;height:auto;image-rendering:pixelated;border:1px solid var(--line);display:block}
.bar{display:flex;align-items:center;gap:.7rem;margin:.4rem 0 2rem;font-size:.9rem;font-variant-numeric:tabular-nums;flex-wrap:wrap}.bar img{width:160px;height:12px}
pre{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:1rem;overflow-x:auto;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
.key,p,summary,figcaption,.u-legend{overflow-wrap:anywhere}details{margin:.5rem 0}summary{cursor:pointer;color:var(--link)}details .wide{max-height:22rem;overflow:auto}.u-legend{text-align:left!important;font-size:.85rem}.u-legend th,.u-legend td{border:0;padding:.1rem .3rem .1rem 0}.u-legend .u-marker{width:1.8em!important;height:0!important;border-width:3px 0 0!important}
@media print{.chart,fieldset{display:none!important}.static{display:block!important}details:not([open]){display:none}main{max-width:none;padding:0}figure{break-inside:avoid}}
)css";

constexpr const char* script = R"js(
(function(){
"use strict";
var data=JSON.parse(document.getElementById("figures").textContent),charts=[];
function label(v){if(v==null)return"";if(v===0)return"0";var e=Math.floor(Math.log10(Math.abs(v))+1e-9);return e<-2||e>4?v.toExponential(Math.abs(v/Math.pow(10,e)-Math.round(v/Math.pow(10,e)))<1e-6?0:1).replace("+",""):String(+v.toPrecision(4))}
function precise(u,v,k,i){if(i==null)for(var d=u.data[k],j=d.length-1;v==null&&j>=0;j--)v=d[j];return v==null?"–":v===0?"0":Math.abs(v)<1e-2||Math.abs(v)>=1e4?v.toExponential(2):String(+v.toPrecision(4))}
function decades(u,a,low,high){var e=Math.ceil(Math.log10(low)-1e-9),f=Math.floor(Math.log10(high)+1e-9),k=Math.max(1,Math.ceil((f-e)/8)),s=[];
 for(e=Math.ceil(e/k)*k;e<=f;e+=k){s.push(Math.pow(10,e));if(f-e<3&&k===1&&f-Math.log10(low)<3&&e<f){s.push(2*Math.pow(10,e));s.push(5*Math.pow(10,e))}}return s}
function draw(axis){
 charts.forEach(function(c){c.destroy()});charts=[];
 data.forEach(function(f){
  var box=document.getElementById("chart-"+f.id),tables=f.curves.map(function(c){return[c[axis]&&c[axis].length?c[axis]:c.iterations,c.values]});
  var joined=tables.length>1?uPlot.join(tables):tables[0],name=axis==="passes"?"passes over the operator":axis,series=[{label:axis,value:precise}];
  f.curves.forEach(function(c){series.push({label:c.name,stroke:c.colour,width:1.8,dash:c.dashes,spanGaps:true,value:precise,points:{show:c.values.length<40,size:5}})});
  var low=Infinity,high=0;f.curves.forEach(function(c){c.values.forEach(function(v){low=Math.min(low,v);high=Math.max(high,v)})});
  var range=f.log?[Math.pow(10,Math.floor(Math.log10(low)+1e-9)),Math.pow(10,Math.ceil(Math.log10(high)-1e-9))]:null;
  if(range&&range[0]===range[1])range[1]*=10;
  var y={size:64,values:function(u,s){return s.map(label)}};if(f.log){y.splits=decades;y.filter=function(u,s){return s}}
  charts.push(new uPlot({width:Math.max(250,box.clientWidth-2),height:320,series:series,
   scales:{x:{time:false},y:f.log?{distr:3,range:range}:{}},cursor:{sync:{key:"page"}},
   legend:{markers:{width:3,stroke:function(u,i){return f.curves[i-1]&&f.curves[i-1].colour},dash:function(u,i){return f.curves[i-1]&&f.curves[i-1].dashes.length?(f.curves[i-1].dashes[0]<4?"dotted":"dashed"):"solid"}}},
   axes:[{label:name,labelSize:22,values:function(u,s){return s.map(label)}},y]},joined,box));
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

/// A column's description as HTML: "‖X‖_F" with its index below.
std::string formula(const std::string& text) {
  const std::string plain = escaped(text);
  std::string html;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::size_t end = i + 1;
    while (end < plain.size() && std::isalnum(static_cast<unsigned char>(plain[end]))) ++end;
    if (plain[i] == '_' && i > 0 && !std::isalnum(static_cast<unsigned char>(plain[i - 1])) && end > i + 1) {
      html += "<sub>" + plain.substr(i + 1, end - i - 1) + "</sub>";
      i = end - 1;
    } else {
      html += plain[i];
    }
  }
  return html;
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

/// A section of a spec on one line: "gaussian, measurements 1500, symmetric false".
std::string in_words(const Node& node) {
  if (node.is_scalar()) return node.scalar;
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const Node& item : node.items) add(in_words(item));
  for (const Node::Entry& entry : node.entries) {
    if (entry.key == "type")
      add(worded(entry.value.scalar));
    else if (!entry.value.is_scalar() && entry.value.items.empty() && entry.value.entries.empty())
      continue;  // an empty list says nothing
    else
      add(worded(entry.key) + " " + (entry.value.is_map() ? "(" + in_words(entry.value) + ")" : in_words(entry.value)));
  }
  return text;
}

/// The experiment at a glance: one row a component, one line a run where they differ.
std::string setup(const StoredRun& run) {
  static constexpr std::array<std::array<const char*, 2>, 9> sections = {{{"problem", "shape"},
                                                                          {"problem", "target"},
                                                                          {"problem", "operator"},
                                                                          {"problem", "noise"},
                                                                          {"model", ""},
                                                                          {"loss", ""},
                                                                          {"initialization", ""},
                                                                          {"optimizer", ""},
                                                                          {"seed", ""}}};
  std::string html = "<h2>The experiment</h2>\n<div class=\"wide\"><table><tbody>\n";
  for (const auto& [outer, inner] : sections) {
    std::vector<std::string> texts;
    for (const StoredCell& cell : run.cells) {
      const Node* node = cell.spec.find(outer);
      if (node && *inner) node = node->is_map() ? node->find(inner) : nullptr;
      std::string text = node ? in_words(*node) : "";
      if (std::string(inner) == "shape")
        if (const auto comma = text.find(", "); comma != std::string::npos) text.replace(comma, 2, " × ");
      texts.push_back(text);
    }
    const bool same = std::equal(texts.begin() + 1, texts.end(), texts.begin());
    if (same && texts.front().empty()) continue;
    html += fmt::format("<tr><th>{}</th><td>", *inner ? inner : outer);
    for (std::size_t i = 0; i < (same ? 1 : texts.size()); ++i)
      html += (i ? "<br>" : "") + (same ? "" : "<b>" + escaped(name_of(run.cells[i]), 60) + "</b>: ") +
              escaped(texts[i].empty() ? "none" : texts[i], 400);
    html += "</td></tr>\n";
  }
  return html + "</tbody></table></div>\n";
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
  html += "</tbody></table></div>\n";
  if (run.cells.size() > 1) {
    html +=
        "<p class=\"soft\">Runs that share an operator advance together; the time of a joint pass is divided among "
        "them.</p>\n";
    for (const StoredCell& cell : run.cells)
      if (cell.end.end_class != EndClass::converged && cell.end.end_class != EndClass::limit)
        html += fmt::format("<p>{}, {}: {}</p>\n", escaped(name_of(cell)), to_string(cell.end.end_class),
                            escaped(sentence(cell.end.reason)));
  }
  return html;
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
        escaped(figure.title), formula(figure.description), figure.id, svg_of(figure), data_table(figure));
  return html + "</div>\n<noscript><style>.chart,.switch{display:none}.static{display:block}</style></noscript>\n";
}

std::string picture(const Mat& values, Real low, Real high, const std::string& caption) {
  return fmt::format(
      "<figure><figcaption>{0}</figcaption><img alt=\"{0}\" src=\"data:image/png;base64,{1}\"></figure>\n",
      escaped(caption), base64(heat_map_png(values, low, high)));
}

std::string colour_scale(Real low, Real high, const std::string& meaning) {
  return fmt::format(
      "<div class=\"bar\"><span>{}</span><img alt=\"colour scale\" "
      "src=\"data:image/png;base64,{}\"><span>{}</span><span class=\"soft\">{}</span></div>\n",
      number(low), base64(colour_bar_png()), number(high), meaning);
}

/// Truth once, then each run's estimate, on one scale; errors below, on a scale of their own. A truth that is not of
/// low rank comes with its best approximation (Eckart & Young), which nobody can beat.
std::string maps(const StoredRun& run, const std::vector<CellExtras>& extras) {
  struct Map {
    std::string caption;
    Mat values;
  };
  std::shared_ptr<const Truth> truth;
  for (const CellExtras& extra : extras)
    if (extra.truth && !truth) truth = extra.truth;
  std::vector<Map> estimates;
  std::string html = "<h2>Truth and estimate</h2>\n";
  Mat dense;
  if (truth) {
    dense = truth->X.dense();
    const Mat best = balanced(truncated(truth->svd, truth->rank)).dense();
    const Real yardstick = truth->norm > 0 ? arma::norm(dense - best, "fro") / truth->norm : 0;
    if (yardstick > 1e-12) {
      html += fmt::format(
          "<p>The truth is not of low rank. The yardstick is its best approximation of rank {} (Eckart &amp; Young), "
          "at "
          "relative error {}: no estimate of this rank can be nearer.</p>\n",
          truth->rank, number(yardstick));
      estimates.push_back({fmt::format("best of rank {}: relative error {}", truth->rank, number(yardstick)), best});
    }
  }
  for (std::size_t i = 0; i < extras.size(); ++i) {
    if (!extras[i].estimate) continue;
    const Mat& estimate = *extras[i].estimate;
    const std::string name = name_of(run.cells[i]);
    std::string caption = name.empty() ? "estimate" : name;
    if (truth && arma::size(estimate) == arma::size(dense) && truth->norm > 0)
      caption += ": relative error " + number(arma::norm(estimate - dense, "fro") / truth->norm);
    estimates.push_back({caption, estimate});
  }
  if (!truth && estimates.empty()) return "";
  const Mat& scale = truth ? dense : estimates.front().values;
  const Real low = scale.min(), high = scale.max();
  html += "<div class=\"maps\">\n";
  if (truth) html += picture(dense, low, high, "truth");
  Real largest = 0;
  for (const Map& map : estimates) {
    html += picture(map.values, low, high, map.caption);
    if (truth && arma::size(map.values) == arma::size(dense))
      largest = std::max(largest, arma::abs(map.values - dense).max());
  }
  html += "</div>\n" + colour_scale(low, high, "entries of the matrix, one scale for all");
  if (!truth) return html;
  std::string errors;
  for (const Map& map : estimates)
    if (arma::size(map.values) == arma::size(dense))
      errors += picture(arma::abs(map.values - dense), 0, largest, map.caption.substr(0, map.caption.find(':')));
  if (!errors.empty())
    html += "<h3>Where they err</h3>\n<div class=\"maps\">\n<div></div>" + errors + "</div>\n" +
            colour_scale(0, largest, "distance to the truth, entry by entry");
  return html;
}

std::string text_of(const Node* node) { return node && node->is_scalar() ? node->scalar : ""; }

std::string origin(const StoredRun& run) {
  std::string html = "<h2>What was asked, in full</h2>\n";
  for (const StoredCell& cell : run.cells) {
    const std::string block = fmt::format("<pre tabindex=\"0\">{}</pre>", escaped(to_yaml(cell.spec), 200000));
    html += run.cells.size() == 1
                ? block + "\n"
                : fmt::format("<details><summary>{}</summary>{}</details>\n", escaped(name_of(cell), 60), block);
  }
  const StoredCell& first = run.cells.front();
  html += "<h2>Where it comes from</h2>\n<div class=\"wide\"><table><tbody>\n";
  const auto row = [&](const std::string& name, const std::string& value) {
    if (!value.empty())
      html += fmt::format("<tr><th>{}</th><td class=\"key\">{}</td></tr>\n", escaped(name), escaped(value));
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
  page += summary(run) + claims(run) + setup(run) + runs(run) + curves(figures) + maps(run, extras) + origin(run);
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
