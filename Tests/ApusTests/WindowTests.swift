import ApusCore
import ApusTensor
import Testing

/// Pooling and windows over any axes, against PyTorch's numbers (`Tests/Fixtures/windows.json`).
@Suite struct WindowTests {
  @Test(arguments: Fixture.load("windows"))
  func windowsAreAsPyTorchs(_ fixture: Fixture) throws {
    let body = try #require(Self.body(fixture), "no call for \(fixture) \(fixture.attributes)")
    FixtureTests.compare(fixture, body)
  }

  @Test func thereAreCases() {
    #expect(Fixture.load("windows").count >= 80)
  }

  private static func body(_ fixture: Fixture) -> FixtureCalls.Body? {
    pooling(fixture) ?? adaptive(fixture) ?? unpooling(fixture) ?? windows(fixture)
  }

  private static func pooling(_ fixture: Fixture) -> FixtureCalls.Body? {
    guard let size = fixture.ints("size") else { return nil }
    let (stride, dilation) = (fixture.ints("stride"), fixture.ints("dilation") ?? size.map { _ in 1 })
    let padding = Padding.axes(fixture.ints("padding") ?? size.map { _ in 0 })
    let (ceil, counts, divisor) = (fixture.bool("ceilMode"), fixture.bool("countsPadding"), fixture.int("divisor"))
    let norm = fixture.double("norm") ?? 2
    func pair(_ x: [Int]) -> Pair { Pair(x[0], x[1]) }
    func triple(_ x: [Int]) -> Triple { Triple(x[0], x[1], x[2]) }
    switch (fixture.op, size.count) {
    case ("maxPool", 1):
      return { $0[0].maxPool1D(size[0], stride: stride?[0], padding: padding, dilation: dilation[0], ceilMode: ceil) }
    case ("maxPool", 2):
      let (size, stride, dilation) = (pair(size), stride.map(pair), pair(dilation))
      return { $0[0].maxPool2D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil) }
    case ("maxPool", 3):
      let (size, stride, dilation) = (triple(size), stride.map(triple), triple(dilation))
      return { $0[0].maxPool3D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil) }
    case ("minPool", 1):
      return { $0[0].minPool1D(size[0], stride: stride?[0], padding: padding, dilation: dilation[0], ceilMode: ceil) }
    case ("minPool", 2):
      let (size, stride, dilation) = (pair(size), stride.map(pair), pair(dilation))
      return { $0[0].minPool2D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil) }
    case ("minPool", 3):
      let (size, stride, dilation) = (triple(size), stride.map(triple), triple(dilation))
      return { $0[0].minPool3D(size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil) }
    case ("averagePool", 1):
      return {
        $0[0].averagePool1D(size[0], stride: stride?[0], padding: padding, ceilMode: ceil, countsPadding: counts)
      }
    case ("averagePool", 2):
      let (size, stride) = (pair(size), stride.map(pair))
      return {
        $0[0].averagePool2D(
          size, stride: stride, padding: padding, ceilMode: ceil, countsPadding: counts, divisor: divisor)
      }
    case ("averagePool", 3):
      let (size, stride) = (triple(size), stride.map(triple))
      return { $0[0].averagePool3D(size, stride: stride, padding: padding, ceilMode: ceil, countsPadding: counts) }
    case ("lpPool", 1): return { $0[0].lpPool1D(norm, size[0], stride: stride?[0], ceilMode: ceil) }
    case ("lpPool", 2):
      let (size, stride) = (pair(size), stride.map(pair))
      return { $0[0].lpPool2D(norm, size, stride: stride, ceilMode: ceil) }
    case ("lpPool", 3):
      let (size, stride) = (triple(size), stride.map(triple))
      return { $0[0].lpPool3D(norm, size, stride: stride, ceilMode: ceil) }
    default: return nil
    }
  }

  private static func adaptive(_ fixture: Fixture) -> FixtureCalls.Body? {
    let output = fixture.ints("output") ?? []
    switch fixture.op {
    case "adaptiveAveragePool": return { $0[0].adaptiveAveragePool(output) }
    case "adaptiveMaxPool": return { $0[0].adaptiveMaxPool(output) }
    case "globalAveragePool": return { $0[0].globalAveragePool(keepDims: true) }
    case "globalMaxPool": return { $0[0].globalMaxPool(keepDims: true) }
    default: return nil
    }
  }

  private static func unpooling(_ fixture: Fixture) -> FixtureCalls.Body? {
    guard let size = fixture.pair("size") else { return nil }
    let padding = Padding.axes(fixture.ints("padding") ?? [0, 0])
    let (stride, dilation) = (fixture.pair("stride"), fixture.pair("dilation") ?? 1)
    let ceil = fixture.bool("ceilMode")
    switch fixture.op {
    case "maxPoolTimesIndices":
      return {
        let (values, indices) = $0[0].maxPool2DWithIndices(
          size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil)
        return values * indices.cast(to: values.dtype)
      }
    case "unpool":
      return {
        let (values, indices) = $0[0].maxPool2DWithIndices(size)
        return values.sin().maxUnpool2D(indices, output: Pair($0[0].shape[1], $0[0].shape[2]))
      }
    default: return nil
    }
  }

  private static func windows(_ fixture: Fixture) -> FixtureCalls.Body? {
    guard fixture.op == "reduceWindow", let kind = WindowReduction(rawValue: fixture.string("kind") ?? ""),
      let size = fixture.ints("size"), let padding = fixture.attributes["padding"]?.array?.map({ $0.array ?? [] })
    else { return nil }
    let sides = padding.map { (low: $0[0].int ?? 0, high: $0[1].int ?? 0) }
    let (axes, stride) = (fixture.ints("axes"), fixture.ints("stride"))
    let (dilation, spread) = (fixture.ints("dilation"), fixture.ints("inputDilation"))
    return {
      $0[0].reduceWindow(
        kind, size: size, axes: axes, stride: stride, padding: sides, dilation: dilation, inputDilation: spread)
    }
  }

  /// Kinds of numbers other than floats, and axes counted from the end.
  @Test func windowsOfIntegers() {
    let x = Tensor([3, 1, 4, 1, 5, 9, 2, 6] as [Int32], shape: [2, 4])
    #expect(x.reduceWindow(.max, size: [2], axes: [-1]).scalars(Int32.self) == [3, 4, 4, 9, 9, 6])
    #expect(x.reduceWindow(.sum, size: [2, 3]).scalars(Int32.self) == [24, 23])
    let spread = x.reduceWindow(.min, size: [2], axes: [0], inputDilation: [2])
    #expect(spread.scalars(Int32.self) == [3, 1, 4, 1, 5, 9, 2, 6])
    #expect(x.reduceWindow(.product, size: [1], axes: [1], stride: [3]).scalars(Int32.self) == [3, 1, 5, 6])
  }

  @Test func mistakesSayWhatIsExpected() {
    func error(_ body: () -> Tensor) -> String? {
      #expect(throws: OpError.self) { try checked(body) }?.description
    }
    let (x, image) = (Tensor.ones([3, 4]), Tensor.ones([1, 5, 5, 2]))
    #expect(
      error { x.reduceWindow(.sum, size: [2]) }
        == "reduceWindow: 2 values of axes for a window [2] over [3, 4], expected 1")
    #expect(
      error { x.reduceWindow(.sum, size: [2, 2], stride: [1]) }
        == "reduceWindow: 1 values of stride for a window [2, 2] over [3, 4], expected 2")
    #expect(
      error { x.reduceWindow(.max, size: [1, 1], axes: [0, -2]) }
        == "reduceWindow: axes [0, -2] of [3, 4] name axis 0 twice")
    #expect(
      error { x.reduceWindow(.max, size: [5], axes: [1]) }
        == "max pooling: a window reaching over 5 does not fit in 4 on axis 1 of [3, 4]")
    #expect(error { x.reduceWindow(.max, size: [0], axes: [1]) }?.contains("must be at least 1 on every axis") ?? false)
    #expect(error { x.maxPool1D(2) } == "max pooling: input [3, 4], expected [batch, time, channels]")
    #expect(
      error { x.averagePool3D(2) } == "average pooling: input [3, 4], expected [batch, depth, height, width, channels]")
    #expect(
      error { image.maxPool2D(2, padding: 2) }
        == "max pooling: padding [2, 2] and [2, 2] for windows reaching over [2, 2], expected less, and none below 0")
    #expect(
      error { image.maxPool2D(2, padding: .axes([1])) }
        == "max pooling: padding axes([1]) for 2 spatial axes. Use `.axes` with 2 numbers")
    #expect(error { image.lpPool2D(0, 2) } == "L^p pooling: p = 0.0, expected more than 0")
    #expect(
      error { image.adaptiveMaxPool([2, 0]) }
        == "adaptiveMaxPool: [2, 0] windows over [1, 5, 5, 2], expected at least 1 on every axis, and elements")
    #expect(
      error { image.maxUnpool2D(image, output: 10) }
        == "maxUnpool2D: values float32[1, 5, 5, 2] and indices float32[1, 5, 5, 2], expected [batch, height, width, "
        + "channels] and integers of that shape")
  }
}
