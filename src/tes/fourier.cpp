#include "fourier.hpp"

#include <fftw3.h>

#include <mutex>

namespace lithoscope::tes {
namespace {

std::mutex& planner() {  // FFTW's planner is the one part of it that threads must not share
  static std::mutex mutex;
  return mutex;
}

}  // namespace

struct RealTransform::State {
  std::vector<double> time;
  std::vector<std::complex<double>> frequency;
  fftw_plan forward = nullptr, backward = nullptr;
};

RealTransform::RealTransform(std::size_t n) : state_(std::make_unique<State>()) {
  state_->time.resize(n);
  state_->frequency.resize(n / 2 + 1);
  auto* complex = reinterpret_cast<fftw_complex*>(state_->frequency.data());  // layouts agree by FFTW's manual, 4.1.1
  const std::lock_guard lock{planner()};
  // FFTW_ESTIMATE: a measured plan could differ from run to run, and with it the last digits.
  state_->forward = fftw_plan_dft_r2c_1d(static_cast<int>(n), state_->time.data(), complex, FFTW_ESTIMATE);
  state_->backward = fftw_plan_dft_c2r_1d(static_cast<int>(n), complex, state_->time.data(), FFTW_ESTIMATE);
}

RealTransform::~RealTransform() {
  const std::lock_guard lock{planner()};
  fftw_destroy_plan(state_->forward);
  fftw_destroy_plan(state_->backward);
}

std::span<double> RealTransform::time() { return state_->time; }
std::span<std::complex<double>> RealTransform::frequency() { return state_->frequency; }
void RealTransform::forward() { fftw_execute(state_->forward); }
void RealTransform::backward() {
  fftw_execute(state_->backward);
  const double scale = 1 / static_cast<double>(state_->time.size());
  for (double& t : state_->time) t *= scale;
}

void roll_off(std::vector<double>& filter, double sample_s, double roll_off_Hz) {
  if (roll_off_Hz <= 0) return;
  RealTransform transform{filter.size()};
  std::ranges::copy(filter, transform.time().begin());
  transform.forward();
  const double step = 1 / (sample_s * static_cast<double>(filter.size()));
  for (std::size_t k = 0; k < transform.frequency().size(); ++k) {
    const double f = step * static_cast<double>(k) / roll_off_Hz;
    transform.frequency()[k] /= 1 + f * f;
  }
  transform.backward();
  std::ranges::copy(transform.time(), filter.begin());
}

}  // namespace lithoscope::tes
