#include "tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <stdexcept>

namespace lithoscope::result {
namespace {

constexpr std::array role_words{"primary", "second", "third", "muted"};
constexpr std::array mark_words{"line", "dashed", "dots", "open_dots", "bars", "sticks"};
constexpr std::array palette_words{"sequential", "diverging"};
constexpr std::array stretch_words{"linear", "root"};
constexpr std::array noise_words{"gaussian", "poisson", "student_t", "ar1"};
constexpr std::array depth_words{"volume", "surface", "fluorescence"};

// Two archives with the same members: what is described once (`describe` below) is written by one and read by the
// other.
class Writer {
 public:
  explicit Writer(Node& at) : at_(at) {}
  static constexpr bool reads = false;

  void text(const std::string& name, std::string& v) { put(name, v, v.empty()); }
  void texts(const std::string& name, std::vector<std::string>& v) { put(name, v, v.empty()); }
  void number(const std::string& name, double& v, double otherwise = 0) { put(name, v, v == otherwise); }
  void numbers(const std::string& name, std::vector<double>& v, std::size_t rows = 0) {
    put(name, v, v.empty());
    if (!v.empty()) at_.children.back().rows = rows;
  }
  void yes(const std::string& name, bool& v) {
    if (v) at_.children.push_back({.name = name, .value = std::int64_t{1}});
  }
  template <class Enum, std::size_t n>
  void word(const std::string& name, Enum& v, const std::array<const char*, n>& words) {
    if (static_cast<std::size_t>(v) != 0)
      at_.children.push_back({.name = name, .value = std::string{words[static_cast<std::size_t>(v)]}});
  }
  template <class Inner>
  void group(const std::string& name, const Inner& inner) {
    Node node{.name = name, .nx_class = "NXcollection"};
    Writer writer{node};
    inner(writer);
    if (!node.children.empty()) at_.children.push_back(std::move(node));
  }
  /// A group of numbered groups; `as_text` where no viewer looks in.
  template <class T>
  void list(const std::string& name, std::vector<T>& items, bool as_text) {
    if (items.empty()) return;
    Node node{.name = name, .nx_class = "NXcollection", .as_text = as_text};
    std::size_t number = 0;
    for (T& item : items) {
      Node one{.name = fmt::format("{:03}", ++number), .nx_class = "NXcollection"};
      Writer writer{one};
      describe(writer, item);
      node.children.push_back(std::move(one));
    }
    at_.children.push_back(std::move(node));
  }

 private:
  template <class V>
  void put(const std::string& name, const V& v, bool is_default) {
    if (!is_default) at_.children.push_back({.name = name, .value = v});
  }
  Node& at_;
};

const NodeValue& data_of(const Node& node) {
  if (!std::holds_alternative<std::monostate>(node.value)) return node.value;
  for (const char* name : {"values", "value"}) {
    if (const Node* inner = node.child(name)) return inner->value;
  }
  return node.value;
}

std::vector<double> numbers_in(const Node& node) {
  const NodeValue& v = data_of(node);
  if (const auto* numbers = std::get_if<std::vector<double>>(&v)) return *numbers;
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&v)) return {whole->begin(), whole->end()};
  if (const auto* words = std::get_if<std::vector<std::string>>(&v); words != nullptr && words->empty()) return {};
  throw std::invalid_argument(node.name + " holds no list of numbers");
}

double number_in(const Node& node) {
  const NodeValue& v = data_of(node);
  if (const auto* number = std::get_if<double>(&v)) return *number;
  if (const auto* whole = std::get_if<std::int64_t>(&v)) return static_cast<double>(*whole);
  throw std::invalid_argument(node.name + " holds no number");
}

std::string text_in(const Node& node) {
  const NodeValue& v = data_of(node);
  if (const auto* text = std::get_if<std::string>(&v)) return *text;
  throw std::invalid_argument(node.name + " holds no text");
}

std::vector<std::string> texts_in(const Node& node) {
  const NodeValue& v = data_of(node);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&v)) return *texts;
  if (const auto* none = std::get_if<std::vector<double>>(&v); none != nullptr && none->empty()) return {};
  if (const auto* none = std::get_if<std::vector<std::int64_t>>(&v); none != nullptr && none->empty()) return {};
  throw std::invalid_argument(node.name + " holds no list of texts");
}

// In JSON an attribute of a group is a member "@name", of a dataset a member "name".
std::string attribute_of(const Node& node, const std::string& name) {
  if (const NodeText* text = node.attribute(name)) {
    const auto* one = std::get_if<std::string>(text);
    return one != nullptr ? *one : std::string{};
  }
  for (const std::string& key : {"@" + name, name}) {
    if (const Node* inner = node.child(key); inner != nullptr && std::holds_alternative<std::string>(inner->value))
      return std::get<std::string>(inner->value);
  }
  return {};
}
std::vector<std::string> attributes_of(const Node& node, const std::string& name) {
  if (const NodeText* text = node.attribute(name)) {
    if (const auto* many = std::get_if<std::vector<std::string>>(text)) return *many;
    return {std::get<std::string>(*text)};
  }
  const Node* inner = node.child("@" + name);
  return inner == nullptr ? std::vector<std::string>{} : texts_in(*inner);
}

class Reader {
 public:
  explicit Reader(const Node& at) : at_(at) {}
  static constexpr bool reads = true;

  void text(const std::string& name, std::string& v) const {
    if (const Node* node = at_.child(name)) v = text_in(*node);
  }
  void texts(const std::string& name, std::vector<std::string>& v) const {
    if (const Node* node = at_.child(name)) v = texts_in(*node);
  }
  void number(const std::string& name, double& v, double otherwise = 0) const {
    const Node* node = at_.child(name);
    v = node == nullptr ? otherwise : number_in(*node);
  }
  void numbers(const std::string& name, std::vector<double>& v, std::size_t /*rows*/ = 0) const {
    if (const Node* node = at_.child(name)) v = numbers_in(*node);
  }
  void yes(const std::string& name, bool& v) const { v = at_.child(name) != nullptr; }
  template <class Enum, std::size_t n>
  void word(const std::string& name, Enum& v, const std::array<const char*, n>& words) const {
    const Node* node = at_.child(name);
    if (node == nullptr) return;
    const std::string text = text_in(*node);
    const auto found = std::ranges::find(words, text, [](const char* w) { return std::string{w}; });
    if (found == words.end()) throw std::invalid_argument(fmt::format("{} is \"{}\"", name, text));
    v = static_cast<Enum>(found - words.begin());
  }
  template <class Inner>
  void group(const std::string& name, const Inner& inner) const {
    if (const Node* node = at_.child(name)) {
      Reader reader{*node};
      inner(reader);
    }
  }
  template <class T>
  void list(const std::string& name, std::vector<T>& items, bool /*as_text*/) const {
    const Node* node = at_.child(name);
    if (node == nullptr) return;
    for (const Node& one : node->children) {
      if (one.name.starts_with('@')) continue;
      Reader reader{one};
      describe(reader, items.emplace_back());
    }
  }

 private:
  const Node& at_;
};

// ---- what a result is made of, each described once ------------------------------------------------------------------

template <class A>
void describe(A& a, Axis& v) {
  a.text("quantity", v.quantity);
  a.text("unit", v.unit);
}
template <class A>
void describe(A& a, Band& v) {
  a.number("from", v.from);
  a.number("to", v.to);
  a.text("label", v.label);
}
template <class A>
void describe(A& a, Segment& v) {
  a.number("x0", v.x0);
  a.number("y0", v.y0);
  a.number("x1", v.x1);
  a.number("y1", v.y1);
  a.text("label", v.label);
}
template <class A>
void describe(A& a, Tick& v) {
  a.number("at", v.at);
  a.text("label", v.label);
}
template <class A>
void describe(A& a, Plot& v) {
  a.text("name", v.name);
  a.word("role", v.role, role_words);
  a.word("mark", v.mark, mark_words);
  a.text("table", v.table);
  a.text("x", v.x);
  a.text("y", v.y);
  a.yes("interval", v.interval);
  Where where = v.where.value_or(Where{});
  a.text("where", where.column);
  a.text("is", where.is);
  if (A::reads && !where.column.empty()) v.where = where;
  a.text("notes", v.notes);
  a.yes("log10_of_y", v.log10_of_y);
  a.number("offset", v.offset);
}
template <class A>
void describe(A& a, Figure& v) {
  a.text("name", v.name);
  a.text("title", v.title);
  a.text("caption", v.caption);
  a.group("x_axis", [&](auto& inner) { describe(inner, v.x_axis); });
  a.group("y_axis", [&](auto& inner) { describe(inner, v.y_axis); });
  a.list("plots", v.plots, true);
  a.list("bands", v.bands, true);
  a.list("segments", v.segments, true);
  a.list("x_ticks", v.x_ticks, true);
  a.text("grid", v.grid);
  a.word("palette", v.palette, palette_words);
  a.word("stretch", v.stretch, stretch_words);
}
template <class A>
void describe(A& a, Section& v) {
  a.text("title", v.title);
  a.texts("paragraphs", v.paragraphs);
  a.texts("figures", v.figures);
  a.texts("tables", v.tables);
}
template <class A>
void describe(A& a, CommonMode& v) {
  a.text("cause", v.cause);
  a.numbers("shift", v.shift);
}
template <class A>
void describe(A& a, DepthKernel& v) {
  a.word("law", v.law, depth_words);
  a.number("length_nm", v.length_nm);
  a.number("overlayer_nm", v.overlayer_nm);
  a.number("exit_deg", v.exit_deg, 90);
  a.number("incidence_deg", v.incidence_deg, 90);
  a.number("attenuation_per_nm", v.attenuation_per_nm);
  a.text("element", v.element);
}
template <class A>
void describe(A& a, Observable& v) {
  a.text("name", v.name);
  a.text("state", v.state);
  a.text("against", v.against);
  a.text("unit", v.unit);
  a.text("help", v.help);
  a.text("axis_name", v.axis_name);
  a.text("axis_unit", v.axis_unit);
  a.numbers("axis", v.axis);
  a.numbers("values", v.values);
  a.numbers("variance", v.variance);
  a.numbers("covariance", v.covariance, v.values.size());
  a.list("common", v.common, false);
  a.group("noise", [&](auto& inner) {
    inner.word("law", v.noise.law, noise_words);
    inner.numbers("exposure", v.noise.exposure);
    inner.number("degrees", v.noise.degrees);
    inner.number("correlation", v.noise.correlation);
  });
  a.group("depth", [&](auto& inner) { describe(inner, v.depth); });
  a.texts("flags", v.flags);
  a.text("unusable", v.unusable);
}
template <class A>
void describe_facts(A& a, Result& v) {
  a.text("probe", v.probe);
  a.text("version", v.version);
  a.text("name", v.name);
  a.text("state", v.state);
  a.text("asked", v.asked);
  a.texts("answers", v.answers);
  a.texts("confidence", v.confidence);
  a.texts("warnings", v.warnings);
  a.texts("remarks", v.remarks);
  a.text("failure", v.failure);
  a.text("key", v.key);
  a.text("gate", v.gate);
}
template <class A>
void describe_page(A& a, Result& v) {
  a.list("observables", v.observables, false);
  a.list("figures", v.figures, true);
  a.list("sections", v.sections, true);
}

// ---- columns, tables, grids, numbers: as NeXus has them -------------------------------------------------------------

void attribute(Node& node, const std::string& name, const std::string& text) {
  if (!text.empty()) node.attributes.emplace_back(name, text);
}

std::vector<double> roots(const std::vector<double>& variance) {
  std::vector<double> out;
  out.reserve(variance.size());
  for (const double v : variance) out.push_back(std::sqrt(v));
  return out;
}
std::vector<double> squares(std::vector<double> sigma) {
  for (double& s : sigma) s *= s;
  return sigma;
}

void put_shown(Node& node, const Shown& shown) {
  attribute(node, "shown_unit", shown.unit);
  attribute(node, "shown_name", shown.name);
  if (shown.digits != Shown{}.digits) attribute(node, "shown_digits", std::to_string(shown.digits));
  if (shown.as_factor) attribute(node, "shown_as_factor", "yes");
  if (shown.hidden) attribute(node, "shown_hidden", "yes");
}
Shown shown_of(const Node& node) {
  Shown out;
  out.unit = attribute_of(node, "shown_unit");
  out.name = attribute_of(node, "shown_name");
  if (const std::string digits = attribute_of(node, "shown_digits"); !digits.empty()) out.digits = std::stoi(digits);
  out.as_factor = !attribute_of(node, "shown_as_factor").empty();
  out.hidden = !attribute_of(node, "shown_hidden").empty();
  return out;
}

const char* kind_of(const Column& column) {
  static constexpr std::array kinds{"numbers", "integers", "words"};
  return kinds[column.values.index()];
}

void put_column(Node& to, const Column& column, std::size_t rows = 0) {
  Node node{.name = column.name};
  std::visit([&](const auto& v) { node.value = v; }, column.values);
  node.rows = rows;
  attribute(node, "units", column.unit);
  attribute(node, "long_name", column.help);
  attribute(node, "kind", kind_of(column));
  attribute(node, "gaps", column.gaps);
  put_shown(node, column.shown);
  to.children.push_back(std::move(node));
  const auto beside = [&](const char* ending, std::vector<double> values) {
    if (values.empty()) return;
    Node part{.name = column.name + ending, .value = std::move(values), .rows = rows};
    attribute(part, "of", column.name);
    to.children.push_back(std::move(part));
  };
  beside("_errors", roots(column.variance));
  beside("_low_95", column.low);
  beside("_high_95", column.high);
}

Column column_from(const Node& group, const Node& node) {
  Column out{.name = node.name,
             .unit = attribute_of(node, "units"),
             .help = attribute_of(node, "long_name"),
             .values = {},
             .variance = {},
             .low = {},
             .high = {},
             .gaps = attribute_of(node, "gaps"),
             .shown = shown_of(node)};
  const std::string kind = attribute_of(node, "kind");
  const NodeValue& v = data_of(node);
  if (kind == "words") {
    out.values = texts_in(node);
  } else if (kind == "integers") {
    if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&v)) {
      out.values = *whole;
    } else if (numbers_in(node).empty()) {
      out.values = std::vector<std::int64_t>{};
    } else {
      throw std::invalid_argument(node.name + " holds no whole numbers");
    }
  } else {
    out.values = numbers_in(node);
  }
  const auto beside = [&](const char* ending) {
    const Node* part = group.child(out.name + ending);
    return part == nullptr || attribute_of(*part, "of") != out.name ? std::vector<double>{} : numbers_in(*part);
  };
  out.variance = squares(beside("_errors"));
  out.low = beside("_low_95");
  out.high = beside("_high_95");
  return out;
}

// The columns of a group: datasets that are not the errors of another.
std::vector<Column> columns_from(const Node& group) {
  std::vector<Column> out;
  for (const Node& node : group.children) {
    if (node.name.starts_with('@') || !attribute_of(node, "of").empty()) continue;
    out.push_back(column_from(group, node));
  }
  return out;
}

Node table_node(const Table& table) {
  Node node{.name = table.name, .nx_class = "NXdata"};
  attribute(node, "title", table.title);
  attribute(node, "signal", table.signal);
  attribute(node, "axes", table.axis);
  attribute(node, "valid", table.valid);
  attribute(node, "flags", table.flags);
  if (!table.brief.empty()) node.attributes.emplace_back("brief", table.brief);
  if (table.bulk) attribute(node, "bulk", "yes");
  for (const Column& column : table.columns) put_column(node, column);
  return node;
}

Table table_from(const Node& node) {
  Table out{.name = node.name, .title = attribute_of(node, "title")};
  out.signal = attribute_of(node, "signal");
  out.axis = attribute_of(node, "axes");
  out.valid = attribute_of(node, "valid");
  out.flags = attribute_of(node, "flags");
  out.brief = attributes_of(node, "brief");
  out.bulk = !attribute_of(node, "bulk").empty();
  out.columns = columns_from(node);
  return out;
}

Node grid_node(const Grid& grid) {
  Node node{.name = grid.name, .nx_class = "NXdata"};
  attribute(node, "title", grid.title);
  attribute(node, "signal", grid.z.name);
  node.attributes.emplace_back("axes", std::vector<std::string>{grid.y.name, grid.x.name});
  if (grid.bulk) attribute(node, "bulk", "yes");
  put_column(node, grid.x);
  put_column(node, grid.y);
  put_column(node, grid.z, grid.y.size());
  return node;
}

Grid grid_from(const Node& node) {
  std::vector<Column> columns = columns_from(node);
  if (columns.size() != 3) throw std::invalid_argument(node.name + " is no grid of two axes and values");
  return {.name = node.name,
          .title = attribute_of(node, "title"),
          .x = std::move(columns[0]),
          .y = std::move(columns[1]),
          .z = std::move(columns[2]),
          .bulk = !attribute_of(node, "bulk").empty()};
}

// What stands for a bulk table where it is left out.
Node left_out(const std::string& name, std::size_t rows) {
  return {.name = name,
          .nx_class = "NXcollection",
          .attributes = {{"left_to_run_nxs", std::to_string(rows) + " rows"}},
          .children = {}};
}

void put_number(Node& to, const Number& n) {
  Node node{.name = n.name, .value = n.value.value};
  attribute(node, "units", n.unit);
  attribute(node, "long_name", n.help);
  attribute(node, "flag", n.flag);
  put_shown(node, n.shown);
  to.children.push_back(std::move(node));
  const auto beside = [&](const char* ending, double value) {
    Node part{.name = n.name + ending, .value = value};
    attribute(part, "of", n.name);
    to.children.push_back(std::move(part));
  };
  if (!std::isnan(n.value.variance)) beside("_errors", std::sqrt(n.value.variance));
  if (!std::isnan(n.low)) beside("_low_95", n.low);
  if (!std::isnan(n.high)) beside("_high_95", n.high);
}

Number number_from(const Node& group, const Node& node) {
  const auto beside = [&](const char* ending) {
    const Node* part = group.child(node.name + ending);
    return part == nullptr || attribute_of(*part, "of") != node.name ? not_a_number : number_in(*part);
  };
  const double sigma = beside("_errors");
  return {.name = node.name,
          .unit = attribute_of(node, "units"),
          .help = attribute_of(node, "long_name"),
          .value = {number_in(node), sigma * sigma},
          .low = beside("_low_95"),
          .high = beside("_high_95"),
          .flag = attribute_of(node, "flag"),
          .shown = shown_of(node)};
}

// ---- settings and sources -------------------------------------------------------------------------------------------

void put_setting(Node& to, const UsedSetting& setting) {
  Node node{.name = setting.name};
  attribute(node, "units", setting.unit);
  struct Put {
    Node& node;
    const char* operator()(std::monostate) const {
      node.value = std::string{"unset"};
      return "unset";
    }
    const char* operator()(bool v) const {
      node.value = std::int64_t{v ? 1 : 0};
      return "switch";
    }
    const char* operator()(std::int64_t v) const {
      node.value = v;
      return "integer";
    }
    const char* operator()(double v) const {
      node.value = v;
      return "number";
    }
    const char* operator()(const core::Value& v) const {
      node.value = std::vector<double>{v.value, v.variance};
      return "value and variance";
    }
    const char* operator()(const std::string& v) const {
      node.value = v;
      return "text";
    }
    const char* operator()(const std::vector<double>& v) const {
      node.value = v;
      return "numbers";
    }
    const char* operator()(const std::vector<std::string>& v) const {
      node.value = v;
      return "texts";
    }
  };
  attribute(node, "kind", std::visit(Put{node}, setting.value));
  to.children.push_back(std::move(node));
}

core::SettingValue setting_value_from(const Node& node) {
  const std::string kind = attribute_of(node, "kind");
  if (kind == "unset") return {};
  if (kind == "switch") return number_in(node) != 0;
  if (kind == "integer") return static_cast<std::int64_t>(number_in(node));
  if (kind == "number") return number_in(node);
  if (kind == "text") return text_in(node);
  if (kind == "numbers") return numbers_in(node);
  if (kind == "texts") return texts_in(node);
  const std::vector<double> both = numbers_in(node);
  if (both.size() != 2) throw std::invalid_argument(node.name + " is no setting");
  return core::Value{both[0], both[1]};
}

constexpr const char* settings_group = "settings";
constexpr const char* sources_group = "sources";

template <class Item, class Put>
void put_group(Node& to, const char* name, const char* nx_class, const std::vector<Item>& items, const Put& put) {
  if (items.empty()) return;
  Node node{.name = name, .nx_class = nx_class};
  for (const Item& item : items) put(node, item);
  to.children.push_back(std::move(node));
}

void put_sources(Node& to, const std::vector<Source>& sources) {
  if (sources.empty()) return;
  Node node{.name = sources_group, .nx_class = "NXprocess"};
  const auto column = [&](const char* name, std::string Source::* member) {
    std::vector<std::string> all;
    for (const Source& s : sources) all.push_back(s.*member);
    node.children.push_back({.name = name, .value = std::move(all)});
  };
  column("role", &Source::role);
  column("path", &Source::path);
  column("format", &Source::format);
  column("sha256", &Source::sha256);
  column("hashed", &Source::hashed);
  to.children.push_back(std::move(node));
}

void read_sources(const Node& node, std::vector<Source>& out) {
  const auto column = [&](const char* name, std::string Source::* member) {
    const Node* all = node.child(name);
    if (all == nullptr) throw std::invalid_argument(fmt::format("the sources have no {}", name));
    const std::vector<std::string> texts = texts_in(*all);
    out.resize(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) out[i].*member = texts[i];
  };
  column("role", &Source::role);
  column("path", &Source::path);
  column("format", &Source::format);
  column("sha256", &Source::sha256);
  column("hashed", &Source::hashed);
}

}  // namespace

const Node* Node::child(std::string_view child_name) const {
  const auto found = std::ranges::find(children, child_name, &Node::name);
  return found == children.end() ? nullptr : &*found;
}

const NodeText* Node::attribute(std::string_view attribute_name) const {
  const auto found =
      std::ranges::find(attributes, attribute_name, [](const auto& a) { return std::string_view{a.first}; });
  return found == attributes.end() ? nullptr : &found->second;
}

Node node_of(const Result& source, const std::string& group_name, bool bulk) {
  Result result = source;  // archives take what they write by reference
  Node node{.name = group_name, .nx_class = "NXsubentry"};
  Writer writer{node};
  describe_facts(writer, result);
  const auto whole_or_left_out = [&](Node& to, const auto& item, std::size_t rows, const auto& make) {
    to.children.push_back(item.bulk && !bulk ? left_out(item.name, rows) : make(item));
  };
  put_group(node, "numbers", "NXcollection", result.numbers, put_number);
  put_group(node, "tables", "NXcollection", result.tables,
            [&](Node& to, const Table& t) { whole_or_left_out(to, t, t.rows(), table_node); });
  put_group(node, "grids", "NXcollection", result.grids,
            [&](Node& to, const Grid& g) { whole_or_left_out(to, g, g.z.size(), grid_node); });
  describe_page(writer, result);
  put_group(node, settings_group, "NXparameters", result.settings, put_setting);
  put_sources(node, result.sources);
  // A viewer opens on the plot that carries the answer.
  if (result.figures.empty()) return node;
  const Figure& first = result.figures.front();
  const std::string& target = first.plots.empty() || !first.grid.empty() ? first.grid : first.plots.front().table;
  for (Node& group : node.children) {
    if ((group.name != "tables" && group.name != "grids") || group.child(target) == nullptr) continue;
    attribute(group, "default", target);
    attribute(node, "default", group.name);
  }
  return node;
}

Result result_of(const Node& node) {
  Result out;
  Reader reader{node};
  describe_facts(reader, out);
  const auto each = [&](const char* name, const auto& take) {
    const Node* group = node.child(name);
    if (group == nullptr) return;
    for (const Node& one : group->children) {
      const bool is_left_out = !attribute_of(one, "left_to_run_nxs").empty();
      if (!one.name.starts_with('@') && !is_left_out && attribute_of(one, "of").empty()) take(*group, one);
    }
  };
  each("numbers", [&](const Node& group, const Node& one) { out.numbers.push_back(number_from(group, one)); });
  each("tables", [&](const Node&, const Node& one) { out.tables.push_back(table_from(one)); });
  each("grids", [&](const Node&, const Node& one) { out.grids.push_back(grid_from(one)); });
  describe_page(reader, out);
  each(settings_group, [&](const Node&, const Node& one) {
    out.settings.push_back({one.name, attribute_of(one, "units"), setting_value_from(one)});
  });
  if (const Node* sources = node.child(sources_group)) read_sources(*sources, out.sources);
  return out;
}

}  // namespace lithoscope::result
