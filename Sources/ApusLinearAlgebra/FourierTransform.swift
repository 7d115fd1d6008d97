import ApusTensor

/// Where a Fourier transform of n numbers and its inverse are scaled, so that one undoes the other.
public enum FourierNorm: Hashable, Sendable {
  /// The inverse by 1/n.
  case backward
  /// Both by 1/√n: then they keep lengths.
  case ortho
  /// The transform by 1/n.
  case forward

  fileprivate func scale(_ count: Int, inverse: Bool) -> Double {
    switch self {
    case .backward: inverse ? 1 / Double(count) : 1
    case .ortho: 1 / Double(count).squareRoot()
    case .forward: inverse ? 1 : 1 / Double(count)
    }
  }
}

// Apus has no complex type: complex numbers are a last axis of size two, real part first. The axes of the functions here
// are counted without it: of `[batch, n, 2]`, axis −1 is that of size n.
extension Tensor {
  /// The discrete Fourier transform of complex numbers `[…, n, 2]` along an axis (the last axis, of size two, holds real
  /// and imaginary parts and is not counted): y_k = Σ_j x_j exp(−2πi jk/n).
  ///
  /// Any n is fast: products of 2, 3, 5, 7, 11 and 13 directly, others by Bluestein's convolution (1970). The gradient is
  /// the adjoint, which is the inverse transform but for its scale.
  ///
  /// - Parameters:
  ///   - count: The number of places to transform: the axis is cut, or zeros are added at its end.
  ///   - axis: The axis, counted without the pairs.
  ///   - norm: Which direction is scaled.
  public func fft(count: Int? = nil, axis: Int = -1, norm: FourierNorm = .backward) -> Tensor {
    complexTransform("fft", count.map { [$0] }, [axis], norm, inverse: false)
  }

  /// The inverse of `fft`: x_j = 1/n Σ_k y_k exp(2πi jk/n), from `[…, n, 2]` to the same shape.
  public func inverseFFT(count: Int? = nil, axis: Int = -1, norm: FourierNorm = .backward) -> Tensor {
    complexTransform("inverseFFT", count.map { [$0] }, [axis], norm, inverse: true)
  }

  /// The transform of complex numbers `[…, 2]` along several axes (counted without the pairs); all when nil.
  public func fft(counts: [Int]? = nil, axes: [Int]?, norm: FourierNorm = .backward) -> Tensor {
    complexTransform("fft", counts, axes, norm, inverse: false)
  }

  /// The inverse of `fft(axes:)`.
  public func inverseFFT(counts: [Int]? = nil, axes: [Int]?, norm: FourierNorm = .backward) -> Tensor {
    complexTransform("inverseFFT", counts, axes, norm, inverse: true)
  }

  /// The two-dimensional transform of complex images `[…, height, width, 2]`.
  public func fft2D(norm: FourierNorm = .backward) -> Tensor { fft(axes: [-2, -1], norm: norm) }

  /// The inverse of `fft2D`.
  public func inverseFFT2D(norm: FourierNorm = .backward) -> Tensor { inverseFFT(axes: [-2, -1], norm: norm) }

  /// The discrete Fourier transform of real numbers `[…, n]` along an axis: of the n complex results the first n / 2 + 1,
  /// `[…, n / 2 + 1, 2]`; the others are their conjugates.
  ///
  /// - Parameter count: The number of places to transform: the axis is cut, or zeros are added at its end.
  public func realFFT(count: Int? = nil, axis: Int = -1, norm: FourierNorm = .backward) -> Tensor {
    realFFT(counts: count.map { [$0] }, axes: [axis], norm: norm)
  }

  /// The inverse of `realFFT`: from `[…, n / 2 + 1, 2]` to `[…, n]`.
  ///
  /// - Parameter count: n. Half the places do not tell whether it is even, which is assumed when it is not given.
  public func inverseRealFFT(count: Int? = nil, axis: Int = -1, norm: FourierNorm = .backward) -> Tensor {
    inverseRealFFT(counts: count.map { [$0] }, axes: [axis], norm: norm)
  }

  /// The transform of real numbers along several axes; all when nil. The last of `axes` is the one that is halved.
  public func realFFT(counts: [Int]? = nil, axes: [Int]?, norm: FourierNorm = .backward) -> Tensor {
    guard hasRealElements("realFFT"), let axes = places("realFFT", axes, rank, counts), let last = axes.last else {
      return self
    }
    let x = counts.map { fitting(Array(zip(axes, $0))) } ?? self
    guard !x.hasEmpty("realFFT", axes) else { return x }
    let size = x.shape[last]
    var result = RealTransform(axis: last, size: size, scale: norm.scale(size, inverse: false))(x)
    for axis in axes.dropLast() { result = result.transformed(axis, norm, inverse: false) }
    return result
  }

  /// The inverse of `realFFT(axes:)`. The size of the last of `axes` is that of `counts`, or assumed to be even.
  public func inverseRealFFT(counts: [Int]? = nil, axes: [Int]?, norm: FourierNorm = .backward) -> Tensor {
    let name = "inverseRealFFT"
    guard isComplex(name), let axes = places(name, axes, rank - 1, counts), let last = axes.last else { return self }
    let size = counts?.last ?? 2 * (shape[last] - 1)
    guard size > 0 else {
      return .mistake("\(name): \(shape) to \(size) numbers along axis \(last), expected 1 or more")
    }
    let wanted = counts.map { $0.dropLast() + [size / 2 + 1] }
    var x = wanted.map { fitting(Array(zip(axes, $0))) } ?? self
    guard !x.hasEmpty(name, axes) else { return x }
    for axis in axes.dropLast() { x = x.transformed(axis, norm, inverse: true) }
    return InverseRealTransform(axis: last, size: size, scale: norm.scale(size, inverse: true))(x)
  }

  /// `realFFT` of images `[…, height, width]`: `[…, height, width / 2 + 1, 2]`.
  public func realFFT2D(norm: FourierNorm = .backward) -> Tensor { realFFT(axes: [-2, -1], norm: norm) }

  /// The inverse of `realFFT2D`; `width` is the images', even when not given.
  public func inverseRealFFT2D(width: Int? = nil, norm: FourierNorm = .backward) -> Tensor {
    guard rank > 2, let width else { return inverseRealFFT(axes: [-2, -1], norm: norm) }
    return inverseRealFFT(counts: [shape[rank - 3], width], axes: [-2, -1], norm: norm)
  }

  /// The frequencies of the places of a transform of `count` numbers that are `spacing` apart, in cycles per unit:
  /// 0, 1, …, −2, −1 divided by count · spacing: `[count]`.
  public static func fftFrequencies(_ count: Int, spacing: Double = 1, dtype: DType = .float32) -> Tensor {
    let positive = (count + 1) / 2
    return Tensor(
      (0..<count).map { Double($0 < positive ? $0 : $0 - count) / (Double(count) * spacing) }, dtype: dtype)
  }

  /// The frequencies of the places of a `realFFT` of `count` numbers: `[count / 2 + 1]`.
  public static func realFFTFrequencies(_ count: Int, spacing: Double = 1, dtype: DType = .float32) -> Tensor {
    Tensor((0...Swift.max(count / 2, 0)).map { Double($0) / (Double(count) * spacing) }, dtype: dtype)
  }

  /// The places turned along axes so that frequency zero comes to the middle. The axes are those of the tensor: leave
  /// out that of the pairs; all when nil.
  public func fftShift(axes: [Int]? = nil) -> Tensor { turned("fftShift", axes) { $0 - $0 / 2 } }

  /// The inverse of `fftShift`.
  public func inverseFFTShift(axes: [Int]? = nil) -> Tensor { turned("inverseFFTShift", axes) { $0 / 2 } }

  // MARK: -

  private func turned(_ name: String, _ axes: [Int]?, by start: (Int) -> Int) -> Tensor {
    guard let axes = places(name, axes, rank, nil) else { return self }
    return axes.reduce(self) { x, axis in
      let (size, first) = (x.shape[axis], start(x.shape[axis]))
      return first == 0 || first == size
        ? x : concatenate([x.part(axis, first..<size), x.part(axis, 0..<first)], axis: axis)
    }
  }

  private func part(_ axis: Int, _ range: Range<Int>) -> Tensor {
    padded((0..<rank).map { $0 == axis ? (-range.lowerBound, range.upperBound - shape[axis]) : (0, 0) })
  }

  private func complexTransform(
    _ name: String, _ counts: [Int]?, _ axes: [Int]?, _ norm: FourierNorm, inverse: Bool
  ) -> Tensor {
    guard isComplex(name), let axes = places(name, axes, rank - 1, counts) else { return self }
    let x = counts.map { fitting(Array(zip(axes, $0))) } ?? self
    guard !x.hasEmpty(name, axes) else { return x }
    return axes.reduce(x) { $0.transformed($1, norm, inverse: inverse) }
  }

  private func transformed(_ axis: Int, _ norm: FourierNorm, inverse: Bool) -> Tensor {
    ComplexTransform(axis: axis, inverse: inverse, scale: norm.scale(shape[axis], inverse: inverse))(self)
  }

  private func isComplex(_ name: String) -> Bool {
    guard hasRealElements(name) else { return false }
    if rank >= 2 && shape[rank - 1] == 2 { return true }
    _ = Tensor.mistake(
      "\(name): shape \(shape), expected complex numbers [..., n, 2]. `stack` real and imaginary parts")
    return false
  }

  /// Axes counted from the front; nil after a mistake.
  private func places(_ name: String, _ axes: [Int]?, _ count: Int, _ counts: [Int]?) -> [Int]? {
    let given = axes ?? Array(0..<count)
    let places = given.map { $0 < 0 ? $0 + count : $0 }
    if !places.allSatisfy((0..<count).contains) || Set(places).count != places.count {
      _ = Tensor.mistake("\(name): axes \(given) of \(shape), expected different ones of \(count)")
      return nil
    }
    if let counts, counts.count != places.count || !counts.allSatisfy({ $0 > 0 }) {
      _ = Tensor.mistake("\(name): counts \(counts) for axes \(given), expected a positive one for each")
      return nil
    }
    return places
  }

  /// Whether an axis to transform has no places, which is a mistake.
  private func hasEmpty(_ name: String, _ axes: [Int]) -> Bool {
    guard let empty = axes.first(where: { shape[$0] == 0 }) else { return false }
    _ = Tensor.mistake("\(name): axis \(empty) of \(shape) is empty, expected 1 or more places")
    return true
  }

  /// Cut, or with zeros added, to the wanted sizes.
  private func fitting(_ sizes: [(axis: Int, count: Int)]) -> Tensor {
    var widths = [(Int, Int)](repeating: (0, 0), count: rank)
    for (axis, count) in sizes { widths[axis].1 = count - shape[axis] }
    return widths.allSatisfy { $0.1 == 0 } ? self : padded(widths)
  }
}
