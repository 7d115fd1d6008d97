import ApusTensor

/// The expected squared error of a way to learn, taken apart: E[(y − f̂)²] = bias² + variance + σ², where the
/// expectation is over training sets and over the noise of what is predicted (Geman, Bienenstock & Doursat 1992).
public struct BiasVariance: Hashable, Sendable {
  /// (E[f̂(x)] − f(x))², the mean over places.
  public let squaredBias: Double
  /// E[(f̂(x) − E[f̂(x)])²], the mean over places.
  public let variance: Double
  /// σ²: what no estimator can avoid.
  public let noise: Double
  /// (y − f̂(x))² with noisy y that no estimator has seen, the mean over estimators and places.
  public let measuredError: Double
  /// (f(x) − f̂(x))², the mean over estimators and places: exactly squared bias and variance.
  public let noiselessError: Double
  /// E[f̂(x)] at each place.
  public let meanPrediction: [Double]
  /// The variance at each place.
  public let varianceAtPlaces: [Double]

  /// squaredBias + variance + noise: what `measuredError` is, up to the chance in its noise.
  public var sum: Double { squaredBias + variance + noise }
}

/// Measures bias and variance of estimators that were trained alike, each on a training set of its own.
///
/// - Parameters:
///   - estimators: f̂, one for each training set.
///   - truth: f.
///   - places: Where they are compared.
///   - noiseDeviation: σ of the noise on what is predicted.
///   - key: Draws the noisy values that the error is measured against.
public func biasVariance(
  estimators: [(Double) -> Double], truth: (Double) -> Double, at places: [Double], noiseDeviation: Double,
  key: inout RandomKey
) -> BiasVariance {
  biasVariance(
    predictions: estimators.map { places.map($0) }, truth: places.map(truth), noiseDeviation: noiseDeviation, key: &key)
}

/// Measures bias and variance of estimators by what they predict.
///
/// - Parameters:
///   - predictions: Each estimator's, at all places.
///   - truth: What is right at each place.
///   - noiseDeviation: σ of the noise on what is predicted.
///   - key: Draws the noisy values that the error is measured against.
public func biasVariance(
  predictions: [[Double]], truth: [Double], noiseDeviation: Double, key: inout RandomKey
) -> BiasVariance {
  precondition(
    !predictions.isEmpty && !truth.isEmpty && predictions.allSatisfy { $0.count == truth.count },
    "biasVariance: needs at least one estimator and one place, and a prediction of each for each")
  let noise = Tensor.normal(
    [predictions.count, truth.count], standardDeviation: noiseDeviation, key: &key, dtype: .float64
  ).doubles()
  let count = Double(predictions.count)
  var (bias, total, measured, noiseless) = (0.0, 0.0, 0.0, 0.0)
  var (means, variances) = ([Double](), [Double]())
  for (place, expected) in truth.enumerated() {
    let mean = predictions.reduce(0) { $0 + $1[place] } / count
    let variance = predictions.reduce(0) { $0 + ($1[place] - mean) * ($1[place] - mean) } / count
    for (number, prediction) in predictions.enumerated() {
      let error = expected - prediction[place]
      let target = error + noise[number * truth.count + place]
      noiseless += error * error
      measured += target * target
    }
    bias += (mean - expected) * (mean - expected)
    total += variance
    means.append(mean)
    variances.append(variance)
  }
  let size = Double(truth.count)
  return BiasVariance(
    squaredBias: bias / size, variance: total / size, noise: noiseDeviation * noiseDeviation,
    measuredError: measured / (size * count), noiselessError: noiseless / (size * count), meanPrediction: means,
    varianceAtPlaces: variances)
}

/// Noisy samples of a sine over −1…1: the toy on which over- and underfitting can be seen.
public struct SineToy: Hashable, Sendable {
  public let examples: Int
  public let noiseDeviation: Double

  public init(examples: Int = 25, noiseDeviation: Double = 0.3) {
    (self.examples, self.noiseDeviation) = (examples, noiseDeviation)
  }

  /// What the samples are of, sin(πx), at these places.
  public func truth(at places: [Double]) -> [Double] { (Tensor(places, dtype: .float64) * Double.pi).sin().doubles() }

  /// A training set: a random place in each of as many equal parts of the interval, and noisy values.
  public func sample(_ count: Int? = nil, key: inout RandomKey) -> (places: [Double], values: [Double]) {
    let count = count ?? examples
    let shifts = Tensor.uniform([count], key: &key, dtype: .float64)
    let places = (Tensor.range(count, dtype: .float64) + shifts) * (2 / Double(count)) - 1
    let noise = Tensor.normal(places.shape, standardDeviation: noiseDeviation, key: &key, dtype: .float64)
    return (places.doubles(), ((places * Double.pi).sin() + noise).doubles())
  }

  /// What a degree of polynomials does on the toy.
  public struct Complexity: Hashable, Sendable {
    public let degree: Int
    public let decomposition: BiasVariance
    /// The mean squared error on the training sets themselves.
    public let trainingError: Double
  }

  /// Fits polynomials of each degree to many training sets, the same sets for all degrees, and takes their errors apart.
  public func polynomials(degrees: [Int], trainingSets: Int = 200, key: inout RandomKey) -> [Complexity] {
    let sets = (0..<trainingSets).map { _ in sample(key: &key) }
    let places = (0..<101).map { -0.95 + 1.9 * Double($0) / 100 }
    let values = truth(at: places)
    return degrees.map { degree in
      let fits = sets.map { PolynomialFit(degree: degree, $0.places, $0.values) }
      let decomposition = biasVariance(
        predictions: fits.map { places.map($0.callAsFunction) }, truth: values, noiseDeviation: noiseDeviation,
        key: &key)
      let errors = zip(fits, sets).map { fit, set in
        zip(set.places, set.values).reduce(0) { $0 + ($1.1 - fit($1.0)) * ($1.1 - fit($1.0)) }
          / Double(set.places.count)
      }
      return Complexity(
        degree: degree, decomposition: decomposition, trainingError: errors.reduce(0, +) / Double(errors.count))
    }
  }
}
