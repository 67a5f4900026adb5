// A result as a tree of groups and datasets, once; JSON and NeXus are both written from it and read into it. Private to
// the room.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lithoscope/result/result.hpp"

namespace lithoscope::result {

using NodeText = std::variant<std::string, std::vector<std::string>>;
using NodeValue = std::variant<std::monostate, double, std::int64_t, std::string, std::vector<double>,
                               std::vector<std::int64_t>, std::vector<std::string>>;

/// A group when it has a class, else a dataset.
struct Node {
  std::string name;
  std::string nx_class = {};
  std::vector<std::pair<std::string, NodeText>> attributes = {};
  NodeValue value = {};
  std::size_t rows = 0;  ///< of a matrix: numbers row by row; 0: a list
  bool as_text = false;  ///< one text of JSON in NeXus: many small things no viewer looks into
  std::vector<Node> children = {};

  bool is_group() const { return !nx_class.empty(); }
  const Node* child(std::string_view child_name) const;
  const NodeText* attribute(std::string_view attribute_name) const;
};

/// Bulk tables and grids are left out unless `bulk`; then a group of their name says how large they are.
Node node_of(const Result& result, const std::string& group_name, bool bulk);
/// Throws std::invalid_argument that names what does not fit.
Result result_of(const Node& node);

/// Compact JSON of a node's children, for nodes that NeXus keeps as text; and back.
std::string node_json(const Node& node);
Node node_from_json(const std::string& text, const std::string& name);

}  // namespace lithoscope::result
