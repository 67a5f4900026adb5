// Photons and passes back from the tables of a result.
#include <cmath>

#include "array_parts.hpp"

namespace lithoscope::tes {

using result::Column;
using result::Table;

namespace {

// Rows of a table of photons or records by pixel: pixels stand one after the other.
class ByPixel {
 public:
  explicit ByPixel(const Table& table) : pixel_(table.at("pixel").integers()), time_(table.at("time").integers()) {}

  struct Rows {
    std::size_t from, to;
  };
  Rows next(std::int64_t pixel) {
    const std::size_t from = at_;
    while (at_ < pixel_.size() && pixel_[at_] == pixel) ++at_;
    return {from, at_};
  }
  std::vector<std::int64_t> times(Rows rows) const {
    return {time_.begin() + static_cast<std::ptrdiff_t>(rows.from),
            time_.begin() + static_cast<std::ptrdiff_t>(rows.to)};
  }

 private:
  const std::vector<std::int64_t>& pixel_;
  const std::vector<std::int64_t>& time_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<PixelEvents> events_of(const result::Result& result) {
  const Table& pixels = result.table("pixels");
  const Table& photons = result.table("photons");
  const Column& energy = photons.at("energy");
  ByPixel events{photons}, records{result.table("records")};
  std::vector<PixelEvents> out;
  for (std::size_t i = 0; i < pixels.rows(); ++i) {
    PixelEvents one{.pixel = static_cast<int>(pixels.at("pixel").integers()[i]),
                    .record_s = pixels.at("record_length").number(i)};
    const ByPixel::Rows rows = events.next(one.pixel);
    one.time_ns = events.times(rows);
    for (std::size_t r = rows.from; r < rows.to; ++r) {
      one.energy_eV.push_back(energy.numbers()[r]);
      one.energy_sigma_eV.push_back(static_cast<float>(std::sqrt(energy.variance[r])));
    }
    one.record_time_ns = records.times(records.next(one.pixel));
    for (std::size_t f = 0; f < flag_count; ++f)
      one.excluded[f] = pixels.at(std::string{"excluded_"} + flag_columns[f]).integers()[i];
    out.push_back(std::move(one));
  }
  find_silences(out);
  return out;
}

std::vector<ScanPass> passes_of(const result::Result& result) {
  const Table& passes = result.table("scan_passes");
  const Table& points = result.table("scan_points");
  std::vector<ScanPass> out;
  for (std::size_t i = 0; i < passes.rows(); ++i) {
    out.push_back({.name = passes.at("pass").words()[i],
                   .start_ns = passes.at("start").integers()[i],
                   .stop_ns = passes.at("stop").integers()[i],
                   .points = {}});
  }
  for (std::size_t i = 0; i < points.rows(); ++i) {
    out.at(static_cast<std::size_t>(points.at("pass_number").integers()[i]))
        .points.push_back({.position = points.at("position").number(i),
                           .start_ns = points.at("start").integers()[i],
                           .stop_ns = points.at("stop").integers()[i],
                           .i0 = points.at("i0").number(i)});
  }
  return out;
}

}  // namespace lithoscope::tes
