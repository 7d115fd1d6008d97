import Apus

/// The layer that a case names, with the case's options.
struct FixtureLayer {
  let module: Module
  let call: ([Tensor]) -> Tensor

  init?(_ json: JSONValue) {
    guard let name = (json["layer"] ?? json["op"])?.string else { return nil }
    let spatial = (json["inputs"]?.array?.first?["shape"]?.array?.count ?? 2) - 2
    let options = Options(json: json["attributes"] ?? [:])
    let make = [
      Self.convolution, Self.transposed, Self.padding, Self.shuffling, Self.table, Self.combined, Self.dropping,
    ]
    let found = make.lazy.compactMap { $0(name, options) }.first ?? Self.pooling(name, options, spatial)
    guard let layer = found else { return nil }
    self = layer
  }

  init(_ layer: any Layer) {
    module = layer
    call = { layer($0[0]) }
  }

  init(_ module: Module, _ call: @escaping ([Tensor]) -> Tensor) {
    self.module = module
    self.call = call
  }

  struct Options {
    let json: JSONValue

    func int(_ name: String, _ otherwise: Int = 0) -> Int { json[name]?.int ?? otherwise }
    func double(_ name: String) -> Double? { json[name]?.double }
    func bool(_ name: String, _ otherwise: Bool = false) -> Bool { json[name]?.bool ?? otherwise }
    func string(_ name: String) -> String? { json[name]?.string }
    func ints(_ name: String) -> [Int]? { json[name]?.array?.compactMap(\.int) }
    func pair(_ name: String, _ otherwise: Pair = 1) -> Pair { ints(name).map { Pair($0[0], $0[1]) } ?? otherwise }
    func triple(_ name: String, _ otherwise: Triple = 1) -> Triple {
      ints(name).map { Triple($0[0], $0[1], $0[2]) } ?? otherwise
    }
    var padding: Padding {
      switch string("padding") {
      case "same": .same
      case "full": .full
      default: ints("padding").map { .axes($0) } ?? .valid
      }
    }
    var paddingMode: PaddingMode {
      let modes: [String: PaddingMode] = ["reflect": .reflect, "replicate": .replicate, "circular": .circular]
      return string("paddingMode").flatMap { modes[$0] } ?? .zeros
    }
  }

  private static func convolution(_ name: String, _ o: Options) -> FixtureLayer? {
    var key = RandomKey(0)
    let (inputs, outputs, groups) = (o.int("channels"), o.int("outputs"), o.int("groups", 1))
    switch name {
    case "Conv1D":
      return FixtureLayer(
        Conv1D(
          inputs, outputs, kernel: o.ints("kernel")![0], stride: o.ints("stride")?[0] ?? 1, padding: o.padding,
          dilation: o.ints("dilation")?[0] ?? 1, groups: groups, bias: o.bool("bias", true), paddingMode: o.paddingMode,
          key: &key))
    case "Conv2D":
      return FixtureLayer(
        Conv2D(
          inputs, outputs, kernel: o.pair("kernel"), stride: o.pair("stride"), padding: o.padding,
          dilation: o.pair("dilation"), groups: groups, bias: o.bool("bias", true), paddingMode: o.paddingMode,
          key: &key))
    case "Conv3D":
      return FixtureLayer(
        Conv3D(
          inputs, outputs, kernel: o.triple("kernel"), stride: o.triple("stride"), padding: o.padding,
          dilation: o.triple("dilation"), groups: groups, bias: o.bool("bias", true), paddingMode: o.paddingMode,
          key: &key))
    default: return nil
    }
  }

  private static func transposed(_ name: String, _ o: Options) -> FixtureLayer? {
    var key = RandomKey(0)
    let (inputs, outputs, groups) = (o.int("channels"), o.int("outputs"), o.int("groups", 1))
    switch name {
    case "ConvTranspose1D":
      return FixtureLayer(
        ConvTranspose1D(
          inputs, outputs, kernel: o.ints("kernel")![0], stride: o.ints("stride")?[0] ?? 1,
          padding: o.ints("padding")?[0] ?? 0, outputPadding: o.ints("outputPadding")?[0] ?? 0,
          dilation: o.ints("dilation")?[0] ?? 1, groups: groups, bias: o.bool("bias", true), key: &key))
    case "ConvTranspose2D":
      return FixtureLayer(
        ConvTranspose2D(
          inputs, outputs, kernel: o.pair("kernel"), stride: o.pair("stride"), padding: o.pair("padding", 0),
          outputPadding: o.pair("outputPadding", 0), dilation: o.pair("dilation"), groups: groups,
          bias: o.bool("bias", true), key: &key))
    case "ConvTranspose3D":
      return FixtureLayer(
        ConvTranspose3D(
          inputs, outputs, kernel: o.triple("kernel"), stride: o.triple("stride"), padding: o.triple("padding", 0),
          outputPadding: o.triple("outputPadding", 0), dilation: o.triple("dilation"), groups: groups,
          bias: o.bool("bias", true), key: &key))
    default: return nil
    }
  }

  private static func padding(_ name: String, _ o: Options) -> FixtureLayer? {
    guard let w = o.ints("widths") else { return nil }
    let value = o.double("value") ?? 0
    switch name {
    case "ConstantPad1D": return FixtureLayer(ConstantPad1D(before: w[0], after: w[1], value: value))
    case "ConstantPad2D":
      return FixtureLayer(ConstantPad2D(top: w[2], bottom: w[3], left: w[0], right: w[1], value: value))
    case "ConstantPad3D":
      return FixtureLayer(
        ConstantPad3D(front: w[4], back: w[5], top: w[2], bottom: w[3], left: w[0], right: w[1], value: value))
    case "ZeroPad1D": return FixtureLayer(ZeroPad1D(before: w[0], after: w[1]))
    case "ZeroPad2D": return FixtureLayer(ZeroPad2D(top: w[2], bottom: w[3], left: w[0], right: w[1]))
    case "ZeroPad3D":
      return FixtureLayer(ZeroPad3D(front: w[4], back: w[5], top: w[2], bottom: w[3], left: w[0], right: w[1]))
    case "ReflectionPad1D": return FixtureLayer(ReflectionPad1D(before: w[0], after: w[1]))
    case "ReflectionPad2D": return FixtureLayer(ReflectionPad2D(top: w[2], bottom: w[3], left: w[0], right: w[1]))
    case "ReflectionPad3D":
      return FixtureLayer(ReflectionPad3D(front: w[4], back: w[5], top: w[2], bottom: w[3], left: w[0], right: w[1]))
    case "ReplicationPad1D": return FixtureLayer(ReplicationPad1D(before: w[0], after: w[1]))
    case "ReplicationPad2D": return FixtureLayer(ReplicationPad2D(top: w[2], bottom: w[3], left: w[0], right: w[1]))
    case "ReplicationPad3D":
      return FixtureLayer(ReplicationPad3D(front: w[4], back: w[5], top: w[2], bottom: w[3], left: w[0], right: w[1]))
    case "CircularPad1D": return FixtureLayer(CircularPad1D(before: w[0], after: w[1]))
    case "CircularPad2D": return FixtureLayer(CircularPad2D(top: w[2], bottom: w[3], left: w[0], right: w[1]))
    case "CircularPad3D":
      return FixtureLayer(CircularPad3D(front: w[4], back: w[5], top: w[2], bottom: w[3], left: w[0], right: w[1]))
    default: return nil
    }
  }

  private static func shuffling(_ name: String, _ o: Options) -> FixtureLayer? {
    switch name {
    case "Upsample":
      guard let interpolation = Interpolation(rawValue: o.string("interpolation") ?? "") else { return nil }
      let align = o.bool("alignCorners")
      if let sizes = o.ints("sizes") {
        return FixtureLayer(Upsample(sizes: sizes, interpolation: interpolation, alignCorners: align))
      }
      let scale = o.json["scale"]?.array?.compactMap(\.double) ?? []
      return FixtureLayer(Upsample(scale: scale, interpolation: interpolation, alignCorners: align))
    case "PixelShuffle": return FixtureLayer(PixelShuffle(o.int("factor")))
    case "PixelUnshuffle": return FixtureLayer(PixelUnshuffle(o.int("factor")))
    case "ChannelShuffle": return FixtureLayer(ChannelShuffle(o.int("groups")))
    case "Flatten": return FixtureLayer(Flatten(startAxis: o.int("startAxis"), endAxis: o.int("endAxis")))
    case "Unflatten": return FixtureLayer(Unflatten(axis: o.int("axis"), o.ints("sizes")!))
    case "Unfold":
      return FixtureLayer(
        Unfold(
          o.pair("size"), stride: o.pair("stride"), padding: o.pair("padding", 0), dilation: o.pair("dilation")))
    case "Fold":
      return FixtureLayer(
        Fold(
          o.pair("output"), o.pair("size"), stride: o.pair("stride"), padding: o.pair("padding", 0),
          dilation: o.pair("dilation")))
    default: return nil
    }
  }

  private static func table(_ name: String, _ o: Options) -> FixtureLayer? {
    var key = RandomKey(0)
    let (padding, maxNorm, normType) = (o.json["padding_idx"]?.int, o.double("max_norm"), o.double("norm_type") ?? 2)
    switch name {
    case "Bilinear":
      let sizes = o.ints("sizes")!
      let layer = Bilinear(sizes[0], sizes[1], sizes[2], bias: o.bool("bias"), key: &key)
      return FixtureLayer(layer) { layer($0[0], $0[1]) }
    case "Embedding":
      return FixtureLayer(
        Embedding(
          o.int("rows"), o.int("features"), paddingIndex: padding, maxNorm: maxNorm, normType: normType, key: &key))
    case "EmbeddingBag":
      guard let reduction = BagReduction(rawValue: o.string("mode") ?? "") else { return nil }
      let layer = EmbeddingBag(
        o.int("rows"), o.int("features"), reduction: reduction, paddingIndex: padding, maxNorm: maxNorm,
        normType: normType, key: &key)
      return FixtureLayer(layer) { inputs in
        if inputs.count == 1 { return layer(inputs[0]) }
        return o.bool("weighted") ? layer(inputs[0], weights: inputs[1]) : layer(inputs[0], offsets: inputs[1])
      }
    default: return nil
    }
  }
}
