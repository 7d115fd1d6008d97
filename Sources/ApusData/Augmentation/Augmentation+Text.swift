extension Augmentation: CustomStringConvertible {
  /// The augmentation that a text names: steps with commas between them, each a name and what follows after a colon, as in
  /// `crop:4,flip,cutout:8` or `rotate:10,normalize:0.29:0.35`. Values of several channels have slashes between them. The
  /// empty text and `none` mean no change.
  ///
  /// Throws a ``DataError`` of one line that names the step and what was expected.
  public init(parsing text: String) throws(DataError) {
    var steps: [Step] = []
    if !text.isEmpty, text != "none" {
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        steps.append(try Step(parsing: String(part)))
      }
    }
    try self.init(steps)
  }

  /// The text form.
  public var description: String { steps.isEmpty ? "none" : steps.map(\.description).joined(separator: ",") }

  /// The names of all steps, each with its value or the one it has without.
  public static let stepNames: [(name: String, value: String, summary: String)] = [
    ("crop", "PIXELS", "move by whole pixels up to so many"),
    ("resizedcrop", "AREA", "enlarge a part of at least this share (0.08)"),
    ("flip", "P", "swap left and right with this probability (0.5)"),
    ("vflip", "P", "swap top and bottom with this probability (0.5)"),
    ("shift", "SHARE", "move by up to this share of the size (0.1)"),
    ("rotate", "DEGREES", "turn by up to so many degrees"),
    ("zoom", "SHARE", "enlarge or shrink by up to this share (0.1)"),
    ("brightness", "X", "change the light by up to this share (0.2)"),
    ("contrast", "X", "change the contrast by up to this share (0.2)"),
    ("saturation", "X", "change the strength of colors by up to this share (0.2)"),
    ("hue", "X", "move the hue by up to this part of the circle (0.05)"),
    ("noise", "X", "add normal noise of this deviation (0.05)"),
    ("cutout", "PIXELS", "blacken a square of this side"),
    ("erase", "P", "blacken a rectangle with this probability (0.5)"),
    ("normalize", "MEAN:DEVIATION", "subtract and divide; of each channel, with slashes, or of all"),
  ]
}

extension Augmentation.Step: CustomStringConvertible {
  init(parsing text: String) throws(DataError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let name = parts[0]
    guard Augmentation.stepNames.contains(where: { $0.name == name }) else {
      let names = Augmentation.stepNames.map(\.name).joined(separator: ", ")
      throw DataError("augmentation '\(text)': there is no step '\(name)', only \(names)")
    }
    func wrong(_ expected: String) -> DataError { DataError("augmentation '\(text)': expected \(expected)") }
    if name == "normalize" {
      let numbers = parts.dropFirst().map { $0.split(separator: "/").map { Float($0) } }
      guard numbers.count == 2, numbers.allSatisfy({ !$0.isEmpty && !$0.contains(nil) }) else {
        throw wrong("normalize:MEAN:DEVIATION, as 0.29:0.35 or 0.49/0.48/0.45:0.25/0.24/0.26")
      }
      self = .normalize(mean: numbers[0].map { $0! }, deviation: numbers[1].map { $0! })
      return
    }
    guard parts.count <= 2 else { throw wrong("one value") }
    func number(_ usual: Double?) throws(DataError) -> Double {
      guard parts.count == 2 else {
        guard let usual else { throw wrong("\(name):NUMBER") }
        return usual
      }
      guard let value = Double(parts[1]), value.isFinite else { throw wrong("a number after the colon") }
      return value
    }
    func pixels() throws(DataError) -> Int {
      guard parts.count == 2, let value = Int(parts[1]) else { throw wrong("\(name):PIXELS, a whole number") }
      return value
    }
    switch name {
    case "crop": self = .crop(padding: try pixels())
    case "resizedcrop": self = .resizedCrop(area: try number(0.08))
    case "flip": self = .flip(probability: try number(0.5))
    case "vflip": self = .verticalFlip(probability: try number(0.5))
    case "shift": self = .shift(share: try number(0.1))
    case "rotate": self = .rotate(degrees: try number(nil))
    case "zoom": self = .zoom(share: try number(0.1))
    case "brightness": self = .brightness(amount: try number(0.2))
    case "contrast": self = .contrast(amount: try number(0.2))
    case "saturation": self = .saturation(amount: try number(0.2))
    case "hue": self = .hue(amount: try number(0.05))
    case "noise": self = .noise(deviation: try number(0.05))
    case "cutout": self = .cutout(size: try pixels())
    default: self = .erase(probability: try number(0.5))
    }
  }

  public var description: String {
    switch self {
    case .crop(let padding): "crop:\(padding)"
    case .resizedCrop(let area): "resizedcrop:\(area)"
    case .flip(let probability): probability == 0.5 ? "flip" : "flip:\(probability)"
    case .verticalFlip(let probability): probability == 0.5 ? "vflip" : "vflip:\(probability)"
    case .shift(let share): "shift:\(share)"
    case .rotate(let degrees): "rotate:\(degrees)"
    case .zoom(let share): "zoom:\(share)"
    case .brightness(let amount): "brightness:\(amount)"
    case .contrast(let amount): "contrast:\(amount)"
    case .saturation(let amount): "saturation:\(amount)"
    case .hue(let amount): "hue:\(amount)"
    case .noise(let deviation): "noise:\(deviation)"
    case .cutout(let size): "cutout:\(size)"
    case .erase(let probability): probability == 0.5 ? "erase" : "erase:\(probability)"
    case .normalize(let mean, let deviation): "normalize:\(Self.list(mean)):\(Self.list(deviation))"
    }
  }

  private static func list(_ numbers: [Float]) -> String { numbers.map { "\($0)" }.joined(separator: "/") }

  /// What is wrong with the step's numbers; nil when nothing is.
  var problem: String? {
    func unless(_ isRight: Bool, _ expected: String) -> String? { isRight ? nil : "expected \(expected)" }
    switch self {
    case .crop(let pixels), .cutout(let pixels):
      return unless(0...100_000 ~= pixels, "pixels from 0 to 100000")
    case .resizedCrop(let area): return unless(area > 0 && area <= 1, "a share above 0 and up to 1")
    case .flip(let probability), .verticalFlip(let probability), .erase(let probability):
      return unless(0...1 ~= probability, "a probability from 0 to 1")
    case .shift(let share): return unless(0...1 ~= share, "a share from 0 to 1")
    case .zoom(let share): return unless(share >= 0 && share < 1, "a share from 0 up to but not 1")
    case .rotate(let degrees): return unless(0...180 ~= degrees, "degrees from 0 to 180")
    case .hue(let amount): return unless(0...0.5 ~= amount, "a part from 0 to 0.5")
    case .brightness(let amount), .contrast(let amount), .saturation(let amount), .noise(let amount):
      return unless(amount >= 0 && amount.isFinite, "a number from 0 on")
    case .normalize(let mean, let deviation):
      let isRight = !mean.isEmpty && !deviation.isEmpty && mean.allSatisfy(\.isFinite)
      return unless(isRight && deviation.allSatisfy { $0 > 0 && $0.isFinite }, "deviations above 0")
    }
  }

  /// Whether the step makes sense only while samples are light from 0 to 1.
  var needsLight: Bool {
    switch self {
    case .brightness, .contrast, .saturation, .hue, .noise, .normalize: true
    default: false
    }
  }
}
