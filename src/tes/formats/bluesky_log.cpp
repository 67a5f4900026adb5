// One run as the documents bluesky emits, one a line: ["start", {...}] or {"name": "start", "doc": {...}}.
#include <fmt/format.h>

#include <algorithm>

#include "formats/json_fields.hpp"
#include "formats/log_format.hpp"
#include "lithoscope/core/text.hpp"

namespace lithoscope::tes {
namespace {

std::string_view first_line(std::string_view bytes) {
  const std::string_view head = core::trimmed(bytes.substr(0, 65536));
  return head.substr(0, head.find('\n'));
}

bool recognises(std::string_view bytes) {
  std::string begin;
  const std::string_view line = first_line(bytes);
  for (const char c : line.substr(0, 64)) {
    if (c != ' ' && c != '\t') begin += c;
  }
  if (begin.starts_with("[\"start\",{") || begin.starts_with("{\"name\":\"start\",")) return true;
  return begin.starts_with("{\"doc\":{") && line.find("\"name\"") != std::string_view::npos;
}

// Python writes NaN and Infinity, which JSON does not have: null in their place. Only called for lines that have them.
std::string without_nan(std::string_view line) {
  std::string out;
  out.reserve(line.size() + 16);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\' && i + 1 < line.size()) {
      out += line.substr(i++, 2);
      continue;
    }
    if (line[i] == '"') quoted = !quoted;
    std::string_view word;
    if (!quoted) {
      for (const std::string_view candidate : {"NaN", "-Infinity", "Infinity"}) {
        if (line.substr(i).starts_with(candidate)) word = candidate;
      }
    }
    if (word.empty()) {
      out += line[i];
    } else {
      out += "null";
      i += word.size() - 1;
    }
  }
  return out;
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  ScanLog read(std::string_view bytes) {
    for (const std::string_view whole : io::lines_of(bytes)) {
      ++line_;
      const std::string_view line = core::trimmed(whole);
      if (line.empty()) continue;
      const bool plain = line.find("NaN") == std::string_view::npos && line.find("Infinity") == std::string_view::npos;
      const Json document = plain ? parse_json(path_, line, line_) : parse_json(path_, without_nan(line), line_);
      const Json* name = nullptr;
      const Json* body = nullptr;
      if (document.is_array() && document.size() == 2) {
        name = &document[0];
        body = &document[1];
      } else if (document.is_object() && document.contains("name") && document.contains("doc")) {
        name = &document["name"];
        body = &document["doc"];
      }
      if (name == nullptr || !name->is_string() || !body->is_object())
        bad("this line is no document of bluesky", "[name, document]", io::to_utf8(line.substr(0, 60)));
      take(name->get_ref<const std::string&>(), JsonFields{path_, *body});
    }
    finish();
    return std::move(log_);
  }

 private:
  [[noreturn]] void bad(std::string what, std::string expected, std::string found) const {
    refuse({.path = path_, .line = line_}, std::move(what), std::move(expected), std::move(found));
  }

  void take(const std::string& name, const JsonFields& document) {
    if (name == "start") {
      if (started_) bad("a second run begins here", "one run a file", "start");
      started_ = true;
      start(document);
    } else if (name == "descriptor") {
      descriptor(document);
    } else if (name == "event") {
      if (document.text("descriptor") != stream_ || stream_.empty()) return;
      event(document.inside("data"), document.number("time"));
    } else if (name == "event_page") {
      if (document.text("descriptor") != stream_ || stream_.empty()) return;
      page(document);
    } else if (name == "stop") {
      stopped_ = true;
    }
  }

  void start(const JsonFields& run) {
    const std::string id = run.text("scan_id");
    log_.name = id.empty() ? run.text("uid") : id;
    log_.sample = run.text("sample_name");
    const Json* motors = run.find("motors");
    if (motors != nullptr && motors->is_array() && !motors->empty() && motors->front().is_string())
      motor_ = io::to_utf8(motors->front().get_ref<const std::string&>());
    calibration_ = run.text("scantype") == "calibration";
  }

  void descriptor(const JsonFields& stream) {
    const std::string name = stream.text("name");
    if (!stream_.empty() || (!name.empty() && name != "primary")) return;
    stream_ = stream.text("uid");
    const JsonFields tes = stream.inside("configuration").inside("tes").inside("data");
    acquire_s_ = tes.number("tes_acquire_time");
    calibration_ = tes.flag("tes_cal_flag").value_or(calibration_);
    if (const std::string state = tes.text("tes_scan_str"); !state.empty()) {
      log_.name = state;
    } else if (const std::string number = tes.text("tes_scan_num"); !number.empty()) {
      log_.name = (calibration_ ? "CAL" : "SCAN") + number;
    }
    if (!calibration_) log_.calibration = tes.text("tes_calibration_uid");
    const JsonFields keys = stream.inside("data_keys");
    for (const std::string& candidate : {motor_, motor_ + "_readback", std::string{"en_energy"}, std::string{"mono"}}) {
      if (candidate.empty() || keys.find(candidate.c_str()) == nullptr) continue;
      position_ = candidate;
      break;
    }
    if (position_.empty()) position_ = motor_;
    if (!position_.empty()) {
      log_.variable = position_;
      const std::string unit = keys.inside(position_.c_str()).text("units");
      if (!unit.empty()) log_.unit = unit;
    }
    for (const auto& [key, value] : keys.object().items()) {
      const std::string lowered = core::lower(key);
      if (monitor_.empty() && (lowered == "i0" || lowered.ends_with("_i0") || lowered.ends_with("_i0up")))
        monitor_ = key;
    }
    if (!monitor_.empty())
      log_.remarks.push_back(fmt::format("The beam monitor was taken from \"{}\".", io::to_utf8(monitor_)));
  }

  void event(const JsonFields& data, std::optional<double> written) {
    std::optional<double> start = data.number("tes_scan_point_start");
    if (!start && written) {
      start = written;
      ++by_event_;
    }
    const auto position = position_.empty() ? std::nullopt : data.number(position_.c_str());
    if (!start || (!position && !calibration_)) {
      ++placeless_;
      return;
    }
    const auto start_ns = clock_ns(*start);
    if (!start_ns) bad("the start of a point is no time", "seconds since 1970", fmt::format("{}", *start));
    LoggedPoint point{.position = position.value_or(0), .start_ns = *start_ns};
    const auto end = acquire_s_ ? std::optional{*start + *acquire_s_} : data.number("tes_scan_point_end");
    if (end) {
      point.stop_ns = clock_ns(*end);
      if (!point.stop_ns) bad("the end of a point is no time", "seconds since 1970", fmt::format("{}", *end));
    }
    if (!monitor_.empty()) point.i0 = data.number(monitor_.c_str()).value_or(0);
    points_.push_back(point);
  }

  // Many events in one document: every field is a list.
  void page(const JsonFields& document) {
    const JsonFields data = document.inside("data");
    const Json* times = document.find("time");
    if (times == nullptr || !times->is_array()) bad("an event page without its times", "a list of times", "none");
    for (std::size_t i = 0; i < times->size(); ++i) {
      Json row = Json::object();
      for (const std::string& key :
           {std::string{"tes_scan_point_start"}, std::string{"tes_scan_point_end"}, position_, monitor_}) {
        const Json* list = key.empty() ? nullptr : data.find(key.c_str());
        if (list == nullptr) continue;
        if (!list->is_array() || list->size() != times->size())
          bad("the lists of an event page differ in length", fmt::format("{} values", times->size()), io::to_utf8(key));
        row[key] = (*list)[i];
      }
      const Json& time = (*times)[i];
      event(JsonFields{path_, row}, time.is_number() ? std::optional{time.get<double>()} : std::nullopt);
    }
  }

  void finish() {
    if (!started_) bad("no run begins in this file", "a start document", "none");
    if (stream_.empty()) bad("the run has no stream of points", "a descriptor named primary", "none");
    if (!stopped_) log_.remarks.emplace_back("The run has no stop document: it was cut short or still runs.");
    if (by_event_ > 0)
      log_.remarks.push_back(
          fmt::format("{} points do not say when they began; the time of their event was taken.", by_event_));
    if (placeless_ > 0)
      log_.remarks.push_back(fmt::format("{} points without a position or a start were left out.", placeless_));
    ScanPass pass{.name = "pass 0"};
    if (!calibration_) {
      log_.passes.push_back(std::move(pass));
      add_points(log_, {points_});
      return;
    }
    log_.kind = LogKind::calibration;
    for (const LoggedPoint& point : points_) {
      if (!point.stop_ns || *point.stop_ns <= point.start_ns) continue;
      pass.start_ns = pass.start_ns == 0 ? point.start_ns : std::min(pass.start_ns, point.start_ns);
      pass.stop_ns = std::max(pass.stop_ns, *point.stop_ns);
      if (log_.unit == "eV" && pass.incident_eV == 0) pass.incident_eV = point.position;
    }
    if (pass.stop_ns > pass.start_ns) log_.passes.push_back(std::move(pass));
  }

  const std::string& path_;
  std::int64_t line_ = 0;
  ScanLog log_;
  std::string motor_, position_, monitor_, stream_;
  std::optional<double> acquire_s_;
  std::vector<LoggedPoint> points_;
  std::int64_t by_event_ = 0, placeless_ = 0;
  bool started_ = false, stopped_ = false, calibration_ = false;
};

ScanLog read(const io::InputFile& file) { return Reader{file.path()}.read(file.bytes()); }

}  // namespace

LogFormat bluesky_log_format() { return {"bluesky documents", recognises, read}; }

}  // namespace lithoscope::tes
