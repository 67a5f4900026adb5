// Scan logs of SSRL 10-1: YAML documents, the first about the run, then one a pass.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <utility>

#include "formats/log_format.hpp"
#include "formats/refuse.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::tes {
namespace {

bool recognises(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 4096);
  return core::trimmed(head).starts_with("---") && head.find("dtype") != std::string_view::npos &&
         head.find("pfolder") != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  ScanLog read(std::string_view bytes) {
    std::vector<Document> documents;
    try {
      for (const auto& [text, lines_before] : split(bytes)) {
        lines_before_ = lines_before;
        check(text);
        documents.push_back({YAML::Load(text), lines_before});
      }
      return read(documents);
    } catch (const YAML::Exception& error) {
      refuse(place(error.mark), "this is not the YAML it should be", "documents that begin with ---",
             io::to_utf8(error.msg));
    }
  }

 private:
  struct Document {
    YAML::Node node;
    std::int64_t lines_before = 0;
  };

  // yaml-cpp's own LoadAll never ends on some damaged files, and ends without a word at an empty document.
  static std::vector<std::pair<std::string, std::int64_t>> split(std::string_view bytes) {
    std::vector<std::pair<std::string, std::int64_t>> out;
    std::int64_t number = 0;
    for (const std::string_view line : io::lines_of(bytes)) {
      if (line.starts_with("---") || out.empty()) out.emplace_back(std::string{}, number);
      out.back().first.append(line).append("\n");
      ++number;
    }
    if (!out.empty() && core::trimmed(out.front().first).empty()) out.erase(out.begin());
    return out;
  }

  /// Only looks where documents begin.
  struct Beginnings final : YAML::EventHandler {
    YAML::Mark last;
    void OnDocumentStart(const YAML::Mark& mark) override { last = mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
  };

  // What follows a document without --- would be passed over in silence.
  void check(const std::string& text) const {
    std::istringstream stream{text};
    YAML::Parser parser{stream};
    Beginnings found;
    parser.HandleNextDocument(found);
    if (parser.HandleNextDocument(found))
      refuse(place(found.last), "something follows the end of a document", "--- before the next document", "none");
  }

  core::Place place(const YAML::Mark& mark) const {
    return {.path = path_,
            .line = mark.line >= 0 ? std::optional<std::int64_t>{lines_before_ + mark.line + 1} : std::nullopt};
  }
  [[noreturn]] void bad(const YAML::Node& node, std::string what, std::string expected) const {
    std::string found = !node || node.IsNull() ? "nothing" : node.IsScalar() ? node.Scalar() : "no single value";
    refuse(place(node ? node.Mark() : YAML::Mark::null_mark()), std::move(what), std::move(expected),
           io::to_utf8(found.substr(0, 60)));
  }

  // Undefined where the map does not have the key: asking yaml-cpp throws for anything but a map.
  static YAML::Node field(const YAML::Node& map, const char* key) {
    if (!map.IsMap()) return YAML::Node{YAML::NodeType::Null};
    const YAML::Node value = map[key];
    return value ? value : YAML::Node{YAML::NodeType::Null};
  }

  static std::string text(const YAML::Node& map, const char* key) {
    const YAML::Node value = field(map, key);
    return value.IsScalar() ? io::to_utf8(value.Scalar()) : std::string{};
  }

  double number(const YAML::Node& node, const char* what) const {
    const auto value = node.IsScalar() ? io::to_number(node.Scalar()) : std::nullopt;
    if (!value) bad(node, fmt::format("{} is not a number", what), "a number");
    return *value;
  }

  std::int64_t time(const YAML::Node& node, const char* what) const {
    const auto ns = clock_ns(number(node, what));
    if (!ns) bad(node, fmt::format("{} is no time", what), "seconds since 1970");
    return *ns;
  }

  // [start, stop], or more pairs where the monochromator came to an energy again.
  void add_windows(double position, const YAML::Node& times, std::vector<LoggedPoint>& points) const {
    if (!times.IsSequence() || times.size() == 0) bad(times, "a point without its times", "[start, stop]");
    for (std::size_t i = 0; i < times.size(); i += 2) {
      LoggedPoint point{.position = position, .start_ns = time(times[i], "the start of a point")};
      if (i + 1 < times.size() && !times[i + 1].IsNull()) point.stop_ns = time(times[i + 1], "the end of a point");
      points.push_back(point);
    }
  }

  ScanLog read(const std::vector<Document>& documents) {
    ScanLog log;
    if (documents.empty()) refuse({.path = path_}, "a log without documents", "---", "nothing");
    const YAML::Node& run = documents.front().node;
    lines_before_ = documents.front().lines_before;
    const std::string type = text(run, "dtype");
    if (type != "cal" && type != "data") bad(field(run, "dtype"), "dtype says neither cal nor data", "cal or data");
    log.kind = type == "cal" ? LogKind::calibration : LogKind::scan;
    log.name = text(run, "pfolder");
    log.sample = text(run, "sample");
    log.calibration = text(run, "cfolder");
    if (const std::string motor = text(run, "motor"); !motor.empty()) log.variable = motor;
    if (log.variable != "mono") log.unit.clear();
    std::vector<std::vector<LoggedPoint>> points;
    std::int64_t endless = 0;
    for (std::size_t d = 1; d < documents.size(); ++d) {
      const YAML::Node& document = documents[d].node;
      lines_before_ = documents[d].lines_before;
      const YAML::Node header = field(document, "header");
      if (!header.IsMap()) bad(document, "a document without a header", "header: {start, stop, ...}");
      const std::string number_text = text(header, "pass");
      ScanPass pass{.name = "pass " + (number_text.empty() ? std::to_string(d - 1) : number_text)};
      const YAML::Node start = field(header, "start"), stop = field(header, "stop");
      if (!start.IsNull()) pass.start_ns = time(start, "the start of a pass");
      if (!stop.IsNull()) pass.stop_ns = time(stop, "the stop of a pass");
      if (log.kind == LogKind::calibration) {
        if (const YAML::Node mono = field(header, "mono"); !mono.IsNull())
          pass.incident_eV = number(mono, "the energy of the monochromator");
        if (pass.start_ns == 0 || pass.stop_ns <= pass.start_ns) {
          ++endless;
          continue;
        }
        log.passes.push_back(std::move(pass));
        continue;
      }
      std::vector<LoggedPoint>& list = points.emplace_back();
      const YAML::Node scanned = field(document, log.variable.c_str());
      if (!scanned.IsNull() && !scanned.IsMap())
        bad(scanned, "no list of points", fmt::format("{}: {{energy: [start, stop], ...}}", log.variable));
      if (scanned.IsMap()) {
        for (const auto& entry : scanned) add_windows(number(entry.first, "an energy"), entry.second, list);
      }
      log.passes.push_back(std::move(pass));
    }
    if (endless > 0)
      log.remarks.push_back(fmt::format("{} interval{} without a start or an end {} left out.", endless,
                                        endless == 1 ? "" : "s", endless == 1 ? "was" : "were"));
    if (log.kind == LogKind::scan) add_points(log, points);
    return log;
  }

  const std::string& path_;
  std::int64_t lines_before_ = 0;  // of the document at hand
};

ScanLog read(const io::InputFile& file) { return Reader{file.path()}.read(file.bytes()); }

}  // namespace

LogFormat ssrl_log_format() { return {"SSRL YAML", recognises, read}; }

}  // namespace lithoscope::tes
