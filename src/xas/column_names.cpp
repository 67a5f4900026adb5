#include "column_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace lithoscope::xas {
namespace {

struct Known {
  ColumnKind kind;
  std::string_view name;  // lower case, letters and digits alone
};

// In the order of choice within a kind. Beamlines' own words: SSRL and ALS (izero, cmact, sample drain), APS (io, if,
// mono energy), CLS, Photon Factory, ESRF (energy_enc, mu_trans, fluo_corr), Diamond (qexafs_energy, lnI0It, FFI0).
constexpr std::array known{Known{ColumnKind::energy, "energy"},
                           Known{ColumnKind::energy, "energyev"},
                           Known{ColumnKind::energy, "energykev"},
                           Known{ColumnKind::energy, "photonenergy"},
                           Known{ColumnKind::energy, "photonenergyev"},
                           Known{ColumnKind::energy, "monoenergy"},
                           Known{ColumnKind::energy, "braggenergy"},
                           Known{ColumnKind::energy, "energyenc"},
                           Known{ColumnKind::energy, "qexafsenergy"},
                           Known{ColumnKind::energy, "achievedenergy"},
                           Known{ColumnKind::energy, "requestedenergy"},
                           Known{ColumnKind::energy, "beamlineenergy"},
                           Known{ColumnKind::energy, "energyc1"},
                           Known{ColumnKind::energy, "calculatedphenergy"},
                           Known{ColumnKind::energy, "energie"},
                           Known{ColumnKind::energy, "mono"},
                           Known{ColumnKind::energy, "eev"},
                           Known{ColumnKind::energy, "ekev"},
                           Known{ColumnKind::energy, "ev"},
                           Known{ColumnKind::energy, "kev"},
                           Known{ColumnKind::energy, "en"},
                           Known{ColumnKind::energy, "e"},
                           Known{ColumnKind::i0, "i0"},
                           Known{ColumnKind::i0, "izero"},
                           Known{ColumnKind::i0, "i0chamber"},
                           Known{ColumnKind::i0, "io"},
                           Known{ColumnKind::i0, "iochamber"},
                           Known{ColumnKind::i0, "i0detector"},
                           Known{ColumnKind::i0, "i0counts"},
                           Known{ColumnKind::i0, "i0signal"},
                           Known{ColumnKind::i0, "ic0"},
                           Known{ColumnKind::i0, "i0mon"},
                           Known{ColumnKind::i0, "imonitor"},
                           Known{ColumnKind::i0, "monitor"},
                           Known{ColumnKind::transmitted, "itrans"},
                           Known{ColumnKind::transmitted, "it"},
                           Known{ColumnKind::transmitted, "itransmitted"},
                           Known{ColumnKind::transmitted, "itransmission"},
                           Known{ColumnKind::transmitted, "itchamber"},
                           Known{ColumnKind::transmitted, "itdetector"},
                           Known{ColumnKind::transmitted, "i1"},
                           Known{ColumnKind::transmitted, "i1chamber"},
                           Known{ColumnKind::transmitted, "ic1"},
                           Known{ColumnKind::electrons, "tey"},
                           Known{ColumnKind::electrons, "teyup"},
                           Known{ColumnKind::electrons, "teydn"},
                           Known{ColumnKind::electrons, "sampledrain"},
                           Known{ColumnKind::fluorescence, "pfy"},
                           Known{ColumnKind::fluorescence, "cmact"},
                           Known{ColumnKind::fluorescence, "tfy"},
                           Known{ColumnKind::fluorescence, "fy"},
                           Known{ColumnKind::fluorescence, "if"},
                           Known{ColumnKind::fluorescence, "ifl"},
                           Known{ColumnKind::fluorescence, "ifluor"},
                           Known{ColumnKind::fluorescence, "ifluo"},
                           Known{ColumnKind::fluorescence, "fluor"},
                           Known{ColumnKind::fluorescence, "fluo"},
                           Known{ColumnKind::fluorescence, "fluorescence"},
                           Known{ColumnKind::fluorescence, "fluocorr"},
                           Known{ColumnKind::fluorescence, "iff"},
                           Known{ColumnKind::absorption, "mu"},
                           Known{ColumnKind::absorption, "norm"},
                           Known{ColumnKind::absorption, "xmu"},
                           Known{ColumnKind::absorption, "mutrans"},
                           Known{ColumnKind::absorption, "mutransmission"},
                           Known{ColumnKind::absorption, "lni0it"},
                           Known{ColumnKind::absorption, "mufluor"},
                           Known{ColumnKind::absorption, "mufluo"},
                           Known{ColumnKind::absorption, "ffi0"},
                           Known{ColumnKind::absorption, "munorm"},
                           Known{ColumnKind::absorption, "normalized"},
                           Known{ColumnKind::absorption, "normalised"},
                           Known{ColumnKind::absorption, "absorption"},
                           Known{ColumnKind::absorption, "absorbance"},
                           Known{ColumnKind::absorption, "flat"},
                           Known{ColumnKind::plain, "intensity"},
                           Known{ColumnKind::plain, "absorbedbeam"},
                           Known{ColumnKind::sigma, "sigma"},
                           Known{ColumnKind::sigma, "musigma"},
                           Known{ColumnKind::sigma, "muerrors"},
                           Known{ColumnKind::sigma, "intensityerrors"},
                           Known{ColumnKind::sigma, "stddev"}};

// Stems of the elements of a detector: a number follows.
constexpr std::array<std::string_view, 9> detectors{"ifch",  "iflch", "ifluorch", "fluorch", "fluo",
                                                    "fluor", "sdd",   "vortex",   "sca"};

std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0) out += static_cast<char>(std::tolower(u));
  }
  return out;
}

const Known* find(const std::string& name) {
  const auto at = std::ranges::find(known, std::string_view{name}, &Known::name);
  return at == known.end() ? nullptr : &*at;
}

bool is_element(const std::string& name) {
  const auto digits = name.find_last_not_of("0123456789");
  if (digits == std::string::npos || digits + 1 == name.size()) return false;
  const std::string_view stem = std::string_view{name}.substr(0, digits + 1);
  return std::ranges::find(detectors, stem) != detectors.end();
}

}  // namespace

ColumnKind kind_of(std::string_view name) {
  const std::string word = plain(name);
  if (const Known* one = find(word)) return one->kind;
  return is_element(word) ? ColumnKind::element : ColumnKind::other;
}

std::string names_in(const Scan& scan) {
  std::string names;
  for (const ScanColumn& c : scan.columns) names += (names.empty() ? "" : ", ") + c.name;
  return names;
}

std::vector<std::string> columns_of(const Scan& scan, ColumnKind kind) {
  std::vector<std::string> out;
  for (const ScanColumn& c : scan.columns) {
    if (kind_of(c.name) == kind) out.push_back(c.name);
  }
  if (kind == ColumnKind::element) return out;
  std::ranges::stable_sort(out, {}, [](const std::string& name) { return find(plain(name)); });
  return out;
}

}  // namespace lithoscope::xas
