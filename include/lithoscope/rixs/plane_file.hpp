// Maps that others have made: a run of this program, three columns, a matrix of text, HDF5 with two axes of energy.
#pragma once

#include <optional>
#include <string>

#include "lithoscope/io/input_file.hpp"
#include "lithoscope/rixs/map.hpp"

namespace lithoscope::rixs {

/// Which axis stands first: the first column of three, the first line of a matrix, the slow axis of an array.
enum class PlaneAxes { automatic, incident_emission, emission_incident, incident_loss, loss_incident };

struct PlaneSettings {
  PlaneAxes axes = PlaneAxes::automatic;  ///< by their names; without any the incident energy stands first
  /// Photons of one unit of intensity; nothing: intensities are counts when all are whole, else they need errors.
  std::optional<double> photons_per_unit;
};

struct Plane {
  RixsMap map;         ///< exposures are one everywhere: the file does not say them
  std::string format;  ///< "three columns", "matrix", "run of litho rixs", "hist2d of tes_scan_server", "NXdata"
};

/// Whether the bytes are such a map, by content.
bool is_plane(const io::InputFile& file);

/// Throws UnreadableFile where the file is none, a point of the grid is missing or stands twice, the emission is not in
/// equal steps, or intensities are no counts and have no errors.
Plane read_plane(const io::InputFile& file, const PlaneSettings& settings = {});

}  // namespace lithoscope::rixs
