import ApusTensor

extension FixedFilter {
  /// The numbers that some filters take.
  public struct Numbers: Hashable, Sendable {
    /// The side of a box, in pixels.
    public var size = 3
    /// The deviation of a normal distribution, in pixels.
    public var sigma = 1.0
    /// How much is added of the difference to the blur.
    public var amount = 1.0

    public init(size: Int = 3, sigma: Double = 1, amount: Double = 1) {
      self.size = size
      self.sigma = sigma
      self.amount = amount
    }
  }

  /// The names of all filters, and what each does.
  public static let names: [(name: String, summary: String)] = [
    ("identity", "the picture itself"),
    ("box-blur", "the mean of a square (size)"),
    ("gaussian-blur", "a mean weighed by a normal distribution (sigma)"),
    ("sharpen", "the picture and its difference from the four neighbours"),
    ("unsharp", "the picture and its difference from its blur (sigma, amount)"),
    ("sobel", "how steep the picture is"),
    ("sobel-x", "the change from left to right"),
    ("sobel-y", "the change from top to bottom"),
    ("prewitt", "how steep the picture is, smoothed evenly"),
    ("prewitt-x", "the change from left to right, smoothed evenly"),
    ("prewitt-y", "the change from top to bottom, smoothed evenly"),
    ("laplacian", "the sum of the second derivatives"),
    ("emboss", "a relief lit from the upper left"),
  ]

  /// The filter of this name; nil when there is none.
  public static func named(_ name: String, _ numbers: Numbers = Numbers()) -> FixedFilter? {
    switch name {
    case "identity": .identity
    case "box-blur": .boxBlur(size: numbers.size)
    case "gaussian-blur": .gaussianBlur(sigma: numbers.sigma)
    case "sharpen": .sharpen
    case "unsharp": .unsharpMask(sigma: numbers.sigma, amount: numbers.amount)
    case "sobel": .sobel
    case "sobel-x": .sobelX
    case "sobel-y": .sobelY
    case "prewitt": .prewitt
    case "prewitt-x": .prewittX
    case "prewitt-y": .prewittY
    case "laplacian": .laplacian
    case "emboss": .emboss
    default: nil
    }
  }
}
