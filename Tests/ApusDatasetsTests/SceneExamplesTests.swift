import Apus
import Testing

/// Scenes of four pictures with a class for each pixel.
@Suite struct SceneExamplesTests {
  /// Five pictures of 1 × 2 pixels: the left one dark but for the last picture, the right one bright.
  private static let things = try? LabeledImages(
    count: 5, height: 1, width: 2, channels: 1, pixels: [0, 255, 25, 204, 0, 102, 0, 51, 255, 255],
    labels: [3, 1, 0, 2, 4])

  @Test func fourThingsMakeAScene() throws {
    let examples = SceneExamples(try #require(Self.things), noise: 0)
    #expect(examples.count == 1)
    let batch = examples.batch([ExampleDraw(index: 0, key: 9)])
    #expect(batch.count == 1 && batch.tensors[0].shape == [1, 2, 4, 1] && batch.tensors[1].shape == [1, 2, 4])
    let expected: [Float] = [0, 255, 25, 204, 0, 102, 0, 51].map { $0 / 255 }
    #expect(batch.tensors[0].scalars(Float.self) == expected)
    // 25 of 255 is no brighter than a tenth.
    #expect(batch.tensors[1].scalars(Int32.self) == [0, 4, 0, 2, 0, 1, 0, 3])
  }

  @Test func aSceneDependsOnItsKeyAlone() throws {
    let things = try #require(Self.things)
    let examples = SceneExamples(things, isMixed: true)
    let draws = (0..<40).map { ExampleDraw(index: 0, key: UInt64($0)) }
    let whole = examples.batch(draws)
    let parts = draws.map { examples.batch([$0]) }
    #expect(whole.tensors[0].scalars(Float.self) == parts.flatMap { $0.tensors[0].scalars(Float.self) })
    #expect(whole.tensors[1].scalars(Int32.self) == parts.flatMap { $0.tensors[1].scalars(Int32.self) })
    // Mixed, all classes come; the noise has the deviation that was asked for.
    #expect(Set(whole.tensors[1].scalars(Int32.self)) == [0, 1, 2, 3, 4, 5])
    let plain = SceneExamples(things, isMixed: true, noise: 0).batch(draws).tensors[0].scalars(Float.self)
    let middle = zip(whole.tensors[0].scalars(Float.self), plain).filter { $1 > 0.3 && $1 < 0.7 }.map { $0 - $1 }
    #expect(middle.count > 10)
    let deviation = (middle.reduce(0) { $0 + $1 * $1 } / Float(middle.count)).squareRoot()
    #expect(abs(deviation - 0.1) < 0.05, "\(deviation)")
  }
}
