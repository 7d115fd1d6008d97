import Apus
import ApusDrawing
import ApusRasterizer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An episode of a trained agent as a picture that moves.
enum AgentFilm {
  private static let size = (width: 480, height: 240)
  /// Each picture stands for so many steps of 20 ms.
  private static let stepsEach = 3
  private static let longest = 120

  /// Nil for environments that have no picture.
  static func make(
    _ recipe: AgentRecipe, _ agent: any DeepAgent, seed: UInt64
  ) throws -> TrainingReport.Sample? {
    guard recipe.environment == "CartPole-v1" else { return nil }
    let states = recipe.episode(agent, seed)
    let shown = stride(from: 0, to: states.count, by: stepsEach).prefix(longest).map { states[$0] }
    do {
      let pictures = try shown.map {
        try Rasterizer.png(svg: cartPole($0).svg, width: size.width, height: size.height)
      }
      let seconds = Double(pictures.count * stepsEach) * 0.02
      return TrainingReport.Sample(
        png: try AnimatedPNG.joined(pictures, seconds: seconds, rest: 0.5), width: size.width, height: size.height,
        channels: 3, caption: "an episode of \(states.count - 1) steps")
    } catch let error as Rasterizer.Failure {
      throw Failure("episode.png: \(error)")
    }
  }

  /// The cart on its track and the pole, 100 pixels to the unit.
  static func cartPole(_ state: [Double]) -> Canvas {
    var canvas = Canvas(width: Double(size.width), height: Double(size.height))
    let ground = 190.0
    let scale = Double(size.width) / 4.8
    let x = Double(size.width) / 2 + state[0] * scale
    canvas.line(Point(0, ground), Point(Double(size.width), ground), color: .muted, width: 1.5)
    canvas.rectangle(
      Box(x: x - 30, y: ground - 18, width: 60, height: 26), fill: Style.series(0).color, radius: 4)
    let length = 1.2 * scale
    let joint = Point(x, ground - 16)
    canvas.polyline(
      [joint, Point(x + length * sin(state[2]), joint.y - length * cos(state[2]))], color: Style.series(1).color,
      width: 9)
    canvas.circle(joint, radius: 4, fill: .ink)
    return canvas
  }
}
