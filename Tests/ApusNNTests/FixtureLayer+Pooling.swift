import Apus

extension FixtureLayer {
  static func isPooling(_ name: String) -> Bool {
    ["maxPool", "minPool", "averagePool", "lpPool", "unpool"].contains(name) || name.hasPrefix("adaptive")
      || name.hasPrefix("global")
  }

  /// - Parameter spatial: How many spatial axes there are.
  static func pooling(_ name: String, _ o: Options, _ spatial: Int) -> FixtureLayer? {
    switch (name, spatial) {
    case ("maxPool", 1), ("minPool", 1), ("averagePool", 1), ("lpPool", 1): return sequences(name, o)
    case ("maxPool", 2), ("minPool", 2), ("averagePool", 2), ("lpPool", 2): return images(name, o)
    case ("maxPool", 3), ("minPool", 3), ("averagePool", 3), ("lpPool", 3): return volumes(name, o)
    case ("unpool", _):
      let layer = MaxUnpool2D(o.pair("size"))
      return FixtureLayer(layer) {
        let (values, indices) = $0[0].maxPool2DWithIndices(layer.size)
        return layer(values.sin(), indices: indices, output: Pair($0[0].shape[1], $0[0].shape[2]))
      }
    case ("globalAveragePool", _): return FixtureLayer(GlobalAveragePool(keepDims: true))
    case ("globalMaxPool", _): return FixtureLayer(GlobalMaxPool(keepDims: true))
    case ("adaptiveAveragePool", 1): return FixtureLayer(AdaptiveAveragePool1D(o.ints("output")![0]))
    case ("adaptiveAveragePool", 2): return FixtureLayer(AdaptiveAveragePool2D(o.pair("output")))
    case ("adaptiveAveragePool", 3): return FixtureLayer(AdaptiveAveragePool3D(o.triple("output")))
    case ("adaptiveMaxPool", 1): return FixtureLayer(AdaptiveMaxPool1D(o.ints("output")![0]))
    case ("adaptiveMaxPool", 2): return FixtureLayer(AdaptiveMaxPool2D(o.pair("output")))
    case ("adaptiveMaxPool", 3): return FixtureLayer(AdaptiveMaxPool3D(o.triple("output")))
    default: return nil
    }
  }

  private static func sequences(_ name: String, _ o: Options) -> FixtureLayer? {
    let (size, stride, dilation) = (o.ints("size")![0], o.ints("stride")?[0], o.ints("dilation")?[0] ?? 1)
    let (padding, ceil) = (o.padding, o.bool("ceilMode"))
    switch name {
    case "maxPool":
      return FixtureLayer(MaxPool1D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil))
    case "minPool":
      return FixtureLayer(MinPool1D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil))
    case "averagePool":
      return FixtureLayer(
        AveragePool1D(
          size, stride: stride, padding: padding, ceilMode: ceil, countsPadding: o.bool("countsPadding")))
    default: return FixtureLayer(LPPool1D(o.double("norm")!, size, stride: stride, ceilMode: ceil))
    }
  }

  private static func images(_ name: String, _ o: Options) -> FixtureLayer? {
    let (size, stride, dilation) = (o.pair("size"), o.ints("stride").map { Pair($0[0], $0[1]) }, o.pair("dilation"))
    let (padding, ceil) = (o.padding, o.bool("ceilMode"))
    switch name {
    case "maxPool":
      return FixtureLayer(MaxPool2D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil))
    case "minPool":
      return FixtureLayer(MinPool2D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil))
    case "averagePool":
      return FixtureLayer(
        AveragePool2D(
          size, stride: stride, padding: padding, ceilMode: ceil, countsPadding: o.bool("countsPadding"),
          divisor: o.json["divisor"]?.int))
    default: return FixtureLayer(LPPool2D(o.double("norm")!, size, stride: stride, ceilMode: ceil))
    }
  }

  private static func volumes(_ name: String, _ o: Options) -> FixtureLayer? {
    let (size, stride, dilation) = (
      o.triple("size"), o.ints("stride").map { Triple($0[0], $0[1], $0[2]) }, o.triple("dilation")
    )
    let (padding, ceil) = (o.padding, o.bool("ceilMode"))
    switch name {
    case "maxPool":
      return FixtureLayer(MaxPool3D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil))
    case "minPool":
      return FixtureLayer(MinPool3D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil))
    case "averagePool":
      return FixtureLayer(
        AveragePool3D(
          size, stride: stride, padding: padding, ceilMode: ceil, countsPadding: o.bool("countsPadding"),
          divisor: o.json["divisor"]?.int))
    default: return FixtureLayer(LPPool3D(o.double("norm")!, size, stride: stride, ceilMode: ceil))
    }
  }
}
