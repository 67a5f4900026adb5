#include <fmt/format.h>
#include <unistd.h>

#include "lithoscope/core/errors.hpp"
#include "solved_ion.hpp"

namespace lithoscope::multiplet {

double memory_at_hand_bytes() {
  return static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

namespace {

Size checked(const IonModel& model) {
  require_hermitian(model.field_ground, "the field before the absorption");
  require_hermitian(model.field_core_hole, "the field with the core hole");
  for (const LigandShell& ligand : model.ligands) require_hermitian(ligand.field, "a ligand shell's field");
  const Size size = size_of(model);
  constexpr double most_determinants = 2147483647.0;  // indices of 32 bits
  const double memory = memory_at_hand_bytes();
  if (size.memory_bytes > memory || size.core_hole > most_determinants) {
    throw core::ComputationError(
        {.what = "the model is too large for this machine",
         .expected = fmt::format("at most {:.2g} GB, which is free", memory / 1e9),
         .found = fmt::format("about {:.2g} GB for {:.6g} and {:.6g} determinants before and after the absorption",
                              size.memory_bytes / 1e9, size.ground, size.core_hole),
         .advice = "use fewer ligand shells"});
  }
  return size;
}

}  // namespace

struct Multiplet::Impl {
  using Real = SolvedIon<double>;
  using Complex = SolvedIon<std::complex<double>>;
  Size size;
  std::variant<std::unique_ptr<Real>, std::unique_ptr<Complex>> solved;

  Impl(const IonModel& model, const SolverSettings& settings) : size(checked(model)) {
    if (hamiltonian(model, false).is_real() && hamiltonian(model, true).is_real()) {
      solved = std::make_unique<Real>(model, settings);
    } else {
      solved = std::make_unique<Complex>(model, settings);
    }
  }

  template <class F>
  auto with(const F& f) const {
    return std::visit([&](const auto& pointer) { return f(*pointer); }, solved);
  }
};

Multiplet::Multiplet(const IonModel& model, const SolverSettings& settings)
    : impl_(std::make_unique<Impl>(model, settings)) {}
Multiplet::~Multiplet() = default;
Multiplet::Multiplet(Multiplet&&) noexcept = default;

std::vector<Level> Multiplet::levels(CubicAxis axis) const {
  return impl_->with([&](const auto& ion) { return ion.levels(axis); });
}
std::vector<double> Multiplet::energies_eV() const {
  return impl_->with([](const auto& ion) { return ion.energies(); });
}
int Multiplet::populated() const {
  return impl_->with([](const auto& ion) { return static_cast<int>(ion.populated.size()); });
}
Size Multiplet::size() const { return impl_->size; }
std::int64_t Multiplet::blocks_ground() const {
  return impl_->with([](const auto& ion) { return static_cast<std::int64_t>(ion.ground.blocks.size()); });
}
std::int64_t Multiplet::blocks_core_hole() const {
  return impl_->with([](const auto& ion) { return static_cast<std::int64_t>(ion.core_hole.blocks.size()); });
}

Absorption Multiplet::absorption(const Lifetimes& lifetimes, core::Progress& progress) const {
  return impl_->with([&](const auto& ion) { return ion.absorption(lifetimes, progress); });
}
Scattering Multiplet::scattering(const ScatteringSettings& settings, core::Progress& progress) const {
  return impl_->with([&](const auto& ion) { return ion.scattering(settings, progress); });
}

}  // namespace lithoscope::multiplet
