import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The classical filters of image processing: convolutions with kernels made by hand, not learned.
///
/// A kernel lies over the picture as it is written (cross-correlation), so that `sobelX` is positive where it gets lighter
/// to the right.
public enum FixedFilter: Hashable, Sendable {
  /// The picture itself: a kernel of one 1.
  case identity
  /// The mean of `size` × `size` pixels.
  case boxBlur(size: Int)
  /// A mean weighed by a normal distribution, out to four deviations.
  case gaussianBlur(sigma: Double)
  /// The picture and its difference from the four neighbours.
  case sharpen
  /// The picture and its difference from its blur: x + amount · (x − blurred x).
  case unsharpMask(sigma: Double, amount: Double)
  /// The change from left to right, smoothed along the edge (Sobel & Feldman 1968).
  case sobelX
  /// The change from top to bottom.
  case sobelY
  /// How steep the picture is: the length of both changes.
  case sobel
  /// As ``sobelX``, smoothed evenly (Prewitt 1970).
  case prewittX
  case prewittY
  case prewitt
  /// The sum of second derivatives: the four neighbours minus four times the pixel.
  case laplacian
  /// A relief lit from the upper left.
  case emboss

  /// The kernels `[height, width]` whose responses make the result: two for a length, one otherwise. For
  /// ``unsharpMask(sigma:amount:)`` the whole of it as one kernel.
  public var kernels: [[[Double]]] {
    switch self {
    case .identity: [[[1]]]
    case .boxBlur(let size):
      [[[Double]](repeating: .init(repeating: 1 / Double(size * size), count: size), count: size)]
    case .gaussianBlur(let sigma): [Self.outer(Self.gaussian(sigma), Self.gaussian(sigma))]
    case .sharpen: [[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]]
    case .unsharpMask(let sigma, let amount): [Self.unsharp(sigma, amount)]
    case .sobelX: [Self.outer([1, 2, 1], [-1, 0, 1])]
    case .sobelY: [Self.outer([-1, 0, 1], [1, 2, 1])]
    case .sobel: [Self.outer([1, 2, 1], [-1, 0, 1]), Self.outer([-1, 0, 1], [1, 2, 1])]
    case .prewittX: [Self.outer([1, 1, 1], [-1, 0, 1])]
    case .prewittY: [Self.outer([-1, 0, 1], [1, 1, 1])]
    case .prewitt: [Self.outer([1, 1, 1], [-1, 0, 1]), Self.outer([-1, 0, 1], [1, 1, 1])]
    case .laplacian: [[[0, 1, 0], [1, -4, 1], [0, 1, 0]]]
    case .emboss: [[[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]]
    }
  }

  /// The filtered pictures, of the same shape `[batch, height, width, channels]`; each channel by itself.
  ///
  /// - Parameter border: What lies around a picture. SciPy's `reflect` is `symmetric` here, its `mirror` is `reflect`.
  /// - Returns: The responses as they are: blurs stay between 0 and 1, edges are negative too (see ``visible(_:)``).
  public func callAsFunction(_ images: Tensor, border: PaddingMode = .symmetric) -> Tensor {
    guard images.rank == 4 else {
      return .mistake("FixedFilter: images \(images.shape), expected [batch, height, width, channels]")
    }
    if let problem { return .mistake("FixedFilter: \(problem)") }
    let responses: [Tensor]
    if case .gaussianBlur(let sigma) = self {
      // Rows, then columns: two short kernels for a large one.
      let weights = Self.gaussian(sigma)
      responses = [Self.convolve(Self.convolve(images, [weights], border), weights.map { [$0] }, border)]
    } else if case .unsharpMask(let sigma, let amount) = self {
      responses = [images + (images - Self.gaussianBlur(sigma: sigma)(images, border: border)) * amount]
    } else {
      responses = kernels.map { Self.convolve(images, $0, border) }
    }
    guard responses.count == 2 else { return responses[0] }
    return (responses[0].squared() + responses[1].squared()).sqrt()
  }

  /// Responses as light from 0 to 1: cut off for blurs and the like; for a change of either sign, none is middle gray and
  /// the largest possible one black or white; for a length, as a share of the largest along one axis.
  public func visible(_ responses: Tensor) -> Tensor {
    let range = kernels[0].joined().filter { $0 > 0 }.reduce(0, +)
    let light =
      switch self {
      case .sobelX, .sobelY, .prewittX, .prewittY, .laplacian: responses / (2 * range) + 0.5
      case .sobel, .prewitt: responses / range
      case .identity, .boxBlur, .gaussianBlur, .sharpen, .unsharpMask, .emboss: responses
      }
    return minimum(maximum(light, 0), 1)
  }

  /// What is wrong with the filter's numbers; nil when nothing is.
  public var problem: String? {
    switch self {
    case .boxBlur(let size):
      1...1001 ~= size && size % 2 == 1 ? nil : "a size of \(size), expected an odd number up to 1001"
    case .gaussianBlur(let sigma): Self.problem(sigma: sigma)
    case .unsharpMask(let sigma, let amount):
      amount.isFinite ? Self.problem(sigma: sigma) : "an amount of \(amount)"
    default: nil
    }
  }

  private static func problem(sigma: Double) -> String? {
    sigma > 0 && sigma <= 100 ? nil : "a sigma of \(sigma), expected above 0 and up to 100"
  }

  // MARK: Kernels

  /// The weights of a normal distribution out to four deviations, of sum 1.
  static func gaussian(_ sigma: Double) -> [Double] {
    let radius = Int(4 * sigma + 0.5)
    let weights = (-radius...radius).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  private static func outer(_ column: [Double], _ row: [Double]) -> [[Double]] {
    column.map { a in row.map { a * $0 } }
  }

  private static func unsharp(_ sigma: Double, _ amount: Double) -> [[Double]] {
    var kernel = outer(gaussian(sigma), gaussian(sigma)).map { $0.map { -amount * $0 } }
    kernel[kernel.count / 2][kernel.count / 2] += 1 + amount
    return kernel
  }

  /// The kernel over each channel of the pictures, which keep their size.
  private static func convolve(_ images: Tensor, _ kernel: [[Double]], _ border: PaddingMode) -> Tensor {
    let (height, width, channels) = (kernel.count, kernel[0].count, images.shape[3])
    let padded = images.extended([0, height / 2, width / 2, 0], border)
    let weights = Tensor(kernel.flatMap { $0 }, shape: [height, width, 1, 1], dtype: images.dtype)
    return padded.conv2D(weights.broadcast(to: [height, width, 1, channels]), groups: channels)
  }
}

extension Tensor {
  /// The tensor with so many elements added before and after each axis, also more than it has.
  func extended(_ widths: [Int], _ mode: PaddingMode) -> Tensor {
    var (result, left) = (self, widths)
    while left.contains(where: { $0 > 0 }) {
      let step = left.indices.map { axis in
        let size = result.shape[axis]
        let most = mode == .reflect ? size - 1 : mode == .symmetric || mode == .circular ? size : left[axis]
        return Swift.min(left[axis], most)
      }
      guard step.contains(where: { $0 > 0 }) else {
        return .mistake("FixedFilter: a side of \(shape) is too short to be mirrored without its edge")
      }
      result = result.padded(step.map { ($0, $0) }, mode: mode)
      left = left.indices.map { left[$0] - step[$0] }
    }
    return result
  }
}
