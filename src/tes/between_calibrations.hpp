// What the photons between calibrations tell of when the scale moved. Private to the room.
#pragma once

#include <span>
#include <vector>

#include "lithoscope/tes/array_calibration.hpp"

namespace lithoscope::tes {

/// Calibrations about a time: equal beyond the first and the last, and `passage` then null; all null for a pixel
/// without any.
struct Neighbours {
  const Epoch* before = nullptr;
  const Epoch* after = nullptr;
  const Passage* passage = nullptr;
};
Neighbours neighbours_at(const PixelCalibration& pixel, double time_ns);

/// How far a gradual change has come: by the baseline where that followed it, else by time.
double along(const PixelCalibration& pixel, const Neighbours& near, double pretrigger_mean, double time_ns);

/// Energy in the scale of its own time, when a share of the way between the two calibrations is gone.
double corrected_eV(double reference_eV, const Neighbours& near, double share);

/// How far the scale moved over a passage, at an energy.
double moved_eV(const PixelCalibration& pixel, const Passage& passage, double energy_eV);

/// Photons that a passage is judged by: those between its calibrations.
struct Stretch {
  std::size_t from = 0, to = 0;  ///< of the pixel's track
};
Stretch stretch_of(const PixelTrack& track, const PixelCalibration& pixel, const Passage& passage);

/// Evidence of when a sudden change happened, `log_likelihood` over that of none at these times; to probabilities over
/// the passage, with what was known before as the prior.
struct Evidence {
  std::vector<double> time_ns, log_likelihood;  ///< ascending; between two times evidence is that of the later
  double gradual = 0;                           ///< logarithm of the likelihood of a gradual change
};
Passage weighed(const Passage& prior, const Evidence& evidence);

/// Pixels whose scale moved alike, judged together: blocks of photons on either side of a moment are alike when all are
/// in one scale. Only within a pass, where light changes little from one block to the next.
Evidence evidence_of_array(std::span<const PixelTrack* const> tracks, std::span<const PixelCalibration* const> pixels,
                           std::span<const Passage> passages, std::span<const ScanPass> passes);

/// Spectra of all pixels in spans of time in which they saw the same light.
class SharedLight {
 public:
  SharedLight(std::span<const PixelTrack> tracks, std::span<const PixelCalibration> pixels,
              std::span<const CalibrationWindow> windows, std::span<const ScanPass> passes);

  /// One pixel's photons in one of the spans, and the density the other pixels have there.
  struct Group {
    std::size_t span = 0, from = 0, to = 0;  ///< of the pixel's track
  };
  const std::vector<Group>& groups_of(std::size_t pixel) const { return groups_[pixel]; }
  bool tells() const { return tells_; }  ///< whether there are pixels enough
  /// What the others of one pixel saw: in the group that was entered last.
  class Others {
   public:
    Others(const SharedLight& light, std::size_t pixel) : light_{light}, pixel_{pixel}, own_(light.bins_, 0.0F) {}
    void enter(const Group& group);
    double density(double energy_eV) const;  ///< share of their photons, a bin; above 0

   private:
    void add(float sign);
    const SharedLight& light_;
    std::size_t pixel_;
    Group group_;
    double own_photons_ = 0;
    std::vector<float> own_;  // smoothed, a bin
  };
  /// Of a record of the pixel's track, as its passages have it; only in a group.
  double energy_eV(std::size_t pixel, std::size_t record) const { return energy_eV_[pixel][record]; }

 private:
  void fill();
  std::int64_t bin_of(double energy_eV) const;  // -1: beyond
  bool tells_ = false;
  double bin_eV_ = 1;
  std::size_t bins_ = 0;
  std::vector<Span> spans_;
  std::vector<float> smoothed_;                      // photons, spans x bins
  std::vector<double> photons_;                      // a span
  std::vector<double> average_;                      // share of all photons, a bin
  std::vector<std::vector<Group>> groups_;           // a pixel
  std::vector<std::vector<std::int32_t>> own_bins_;  // a pixel, of its track; -1: in none
  std::vector<std::vector<double>> energy_eV_;       // the same
};

/// One pixel against the others.
Evidence evidence_of_pixel(const PixelTrack& track, const PixelCalibration& pixel, const Passage& passage,
                           std::size_t index, const SharedLight& light);

/// Spans in which a pixel's photons lie where its scale cannot have them, the others' light being what it is.
std::vector<Span> strays_of(const PixelTrack& track, const PixelCalibration& pixel, std::size_t index,
                            const SharedLight& light);

}  // namespace lithoscope::tes
