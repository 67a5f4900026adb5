#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/result/files.hpp"
#include "tree.hpp"

namespace lithoscope::result {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* run_schema = "lithoscope/run/2";
constexpr const char* result_schema = "lithoscope/result/1";

// JSON has no NaN (null) and no infinity (a word).
Json number_json(double v) {
  if (std::isnan(v)) return nullptr;
  if (std::isinf(v)) return v > 0 ? "Infinity" : "-Infinity";
  return v;
}

Json value_json(const Node& node) {
  struct Show {
    const Node& node;
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(double v) const { return number_json(v); }
    Json operator()(std::int64_t v) const { return v; }
    Json operator()(const std::string& v) const { return v; }
    Json operator()(const std::vector<std::int64_t>& v) const { return v; }
    Json operator()(const std::vector<std::string>& v) const { return v; }
    Json operator()(const std::vector<double>& v) const {
      Json out = Json::array();
      if (node.rows == 0) {
        for (const double x : v) out.push_back(number_json(x));
        return out;
      }
      const std::size_t columns = v.size() / node.rows;
      for (std::size_t r = 0; r < node.rows; ++r) {
        Json row = Json::array();
        for (std::size_t c = 0; c < columns; ++c) row.push_back(number_json(v[r * columns + c]));
        out.push_back(std::move(row));
      }
      return out;
    }
  };
  return std::visit(Show{node}, node.value);
}

Json text_json(const NodeText& text) {
  return std::visit([](const auto& v) { return Json(v); }, text);
}

Json json_of(const Node& node) {
  if (node.is_group()) {
    Json out = Json::object();
    for (const auto& [name, text] : node.attributes) {
      if (name != "default") out["@" + name] = text_json(text);
    }
    for (const Node& child : node.children) out[child.name] = json_of(child);
    return out;
  }
  if (node.attributes.empty()) return value_json(node);
  Json out = Json::object();
  for (const auto& [name, text] : node.attributes) out[name] = text_json(text);
  const bool many = node.value.index() > 3;
  out[many ? "values" : "value"] = value_json(node);
  return out;
}

double number_from(const Json& j) {
  if (j.is_null()) return not_a_number;
  if (j.is_string()) {
    const double infinite = std::numeric_limits<double>::infinity();
    if (j == "Infinity") return infinite;
    if (j == "-Infinity") return -infinite;
  }
  return j.get<double>();
}

bool is_number(const Json& j) { return j.is_number() || j.is_null() || j == "Infinity" || j == "-Infinity"; }

NodeValue list_from(const Json& j) {
  if (!j.empty() && j.front().is_array()) {  // a matrix
    std::vector<double> out;
    for (const Json& row : j) {
      for (const Json& v : row) out.push_back(number_from(v));
    }
    return out;
  }
  const auto all = [&](const auto& test) {
    for (const Json& v : j) {
      if (!test(v)) return false;
    }
    return true;
  };
  if (!j.empty() && all([](const Json& v) { return v.is_number_integer(); })) return j.get<std::vector<std::int64_t>>();
  if (all(is_number)) {
    std::vector<double> out;
    for (const Json& v : j) out.push_back(number_from(v));
    return out;
  }
  return j.get<std::vector<std::string>>();
}

Node node_from(const Json& j, const std::string& name) {
  Node out{.name = name};
  if (j.is_object()) {
    out.nx_class = "NXcollection";
    for (const auto& [key, value] : j.items()) out.children.push_back(node_from(value, key));
  } else if (j.is_array()) {
    out.value = list_from(j);
  } else if (j.is_number_integer()) {
    out.value = j.get<std::int64_t>();
  } else if (j.is_string() && !is_number(j)) {
    out.value = j.get<std::string>();
  } else {
    out.value = number_from(j);
  }
  return out;
}

std::string dumped(const Json& j) { return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string node_json(const Node& node) { return json_of(node).dump(-1, ' ', false, Json::error_handler_t::replace); }

Node node_from_json(const std::string& text, const std::string& name) { return node_from(Json::parse(text), name); }

std::string json_file(std::span<const Result> results, const FileFacts& facts) {
  Json all{{"schema", run_schema}, {"program", facts.program}, {"title", facts.title}};
  for (const auto& [name, text] : facts.texts) all[name] = text;
  Json list = Json::array();
  for (const Result& result : results) list.push_back(json_of(node_of(result, "", false)));
  all["results"] = std::move(list);
  return dumped(all);
}

std::string json_text(const Result& result, const std::string& program) {
  Json all{{"schema", result_schema}, {"program", program}};
  const Json body = json_of(node_of(result, "", true));
  for (const auto& [key, value] : body.items()) all[key] = value;
  return dumped(all);
}

std::vector<Result> read_json(std::string_view text, const std::string& path) {
  try {
    const Json all = Json::parse(text);
    const std::string schema = all.at("schema");
    std::vector<Result> out;
    if (schema == run_schema) {
      for (const Json& one : all.at("results")) out.push_back(result_of(node_from(one, "")));
    } else if (schema == result_schema) {
      out.push_back(result_of(node_from(all, "")));
    } else {
      throw std::invalid_argument("schema " + schema);
    }
    return out;
  } catch (const std::exception& error) {
    throw core::UnreadableFile({.what = "is not the record of a run",
                                .where = {.path = path},
                                .expected = fmt::format("{} or {}", run_schema, result_schema),
                                .found = error.what(),
                                .advice = "name a run.json of this version"});
  }
}

}  // namespace lithoscope::result
