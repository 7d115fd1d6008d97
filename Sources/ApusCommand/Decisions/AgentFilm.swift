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
  private static let longest = 120

  /// How an environment is drawn.
  private struct Scene {
    /// Seconds of a step.
    let seconds: Double
    /// How many steps a picture stands for.
    let stepsEach: Int
    let draw: ([Double]) -> Canvas
  }

  private static func scene(_ environment: String) -> Scene? {
    switch environment {
    case "CartPole-v1": Scene(seconds: 0.02, stepsEach: 3, draw: cartPole)
    case "Acrobot-v1": Scene(seconds: 0.1, stepsEach: 1, draw: acrobot)
    default: nil
    }
  }

  /// Nil for environments that have no picture.
  static func make(
    _ recipe: AgentRecipe, _ agent: any DeepAgent, seed: UInt64
  ) throws -> TrainingReport.Sample? {
    guard let scene = scene(recipe.environment) else { return nil }
    let states = recipe.episode(agent, seed)
    let shown = stride(from: 0, to: states.count, by: scene.stepsEach).prefix(longest).map { states[$0] }
    do {
      let pictures = try shown.map {
        try Rasterizer.png(svg: scene.draw($0).svg, width: size.width, height: size.height)
      }
      let seconds = Double(pictures.count * scene.stepsEach) * scene.seconds
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

  /// The two links, 50 pixels each, and the height that the end has to reach.
  static func acrobot(_ state: [Double]) -> Canvas {
    var canvas = Canvas(width: Double(size.width), height: Double(size.height))
    let length = 50.0
    let bar = Point(Double(size.width) / 2, Double(size.height) / 2)
    canvas.line(
      Point(0, bar.y - length), Point(Double(size.width), bar.y - length), color: .muted, width: 1.5, dash: .long)
    let joint = Point(bar.x + length * sin(state[0]), bar.y + length * cos(state[0]))
    let both = state[0] + state[1]
    let end = Point(joint.x + length * sin(both), joint.y + length * cos(both))
    canvas.polyline([bar, joint], color: Style.series(0).color, width: 10)
    canvas.polyline([joint, end], color: Style.series(1).color, width: 10)
    for point in [bar, joint] { canvas.circle(point, radius: 4, fill: .ink) }
    return canvas
  }
}
