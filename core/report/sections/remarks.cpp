// Warnings, and observers that took much of the time.
#include <fmt/format.h>

#include "core/report/section.hpp"
#include "core/study/findings/remarks.hpp"

namespace tightrope {

ReportSection remarks_report_section() {
  return {30, nullptr, [](const Content& page) {
            std::string html;
            for (const auto& texts : {warnings_of(page.run), costly_observers(page.run)})
              for (const std::string& text : texts) html += fmt::format("<p>{}</p>\n", escaped(sentence(text)));
            return html;
          }};
}

}  // namespace tightrope
