// What describes absorption spectra, part by part. Private to the room.
#pragma once

#include <string>

#include "lithoscope/xas/xas_run.hpp"

namespace lithoscope::xas {

inline const result::Axis energy_axis{"photon energy", "eV"};

/// Letters, digits, '_' and '-' of a text; blanks become '-'.
std::string plain_name(const std::string& text);
/// A curve over the photon energy: "energy" and `what` with its variance.
result::Table curve_table(std::string name, std::string title, const Spectrum& spectrum, const std::string& what,
                          const std::string& help);
/// The spectrum in such a table; nothing but energies, values and variances.
Spectrum spectrum_in(const result::Table& table, const std::string& what);
/// Primary, second, third, then muted.
result::Role role_of(std::size_t i);
/// Whether the noise of a spectrum is known, so that a band may be drawn.
bool has_noise(const Spectrum& spectrum);

/// Figures of what is in the result.
void add_figures(const XasOutcome& outcome, result::Result& result);
/// Words and sections.
void add_page(const XasOutcome& outcome, result::Result& result);

}  // namespace lithoscope::xas
