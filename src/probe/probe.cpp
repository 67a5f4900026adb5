#include "lithoscope/probe/probe.hpp"

#include <algorithm>

namespace lithoscope::probe {

const std::vector<Input>& Measurement::of(std::string_view role) const {
  static const std::vector<Input> none;
  const auto found = std::ranges::find(files, role, [](const auto& f) { return std::string_view{f.first}; });
  return found == files.end() ? none : found->second;
}

const Input* Measurement::one(std::string_view role) const {
  const std::vector<Input>& all = of(role);
  return all.empty() ? nullptr : &all.front();
}

const result::Result* Context::find(std::string_view probe) const {
  for (const Taken& t : taken) {
    if (t.probe == probe && !t.partner) return t.result.get();
  }
  return nullptr;
}

const result::Result* Context::partner() const {
  const auto found = std::ranges::find(taken, true, &Taken::partner);
  return found == taken.end() ? nullptr : found->result.get();
}

std::vector<core::SettingInfo> joined(std::vector<std::vector<core::SettingInfo>> parts) {
  std::vector<core::SettingInfo> out;
  for (auto& part : parts) {
    out.insert(out.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
  }
  return out;
}

}  // namespace lithoscope::probe
