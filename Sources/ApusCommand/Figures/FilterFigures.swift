import Apus
import ApusDrawing

extension FigureRecipe {
  /// A small picture with a cross in it: 1 is light.
  private static let cross: [[Double]] = [
    [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0], [0, 1, 1, 1, 1, 1, 0],
    [0, 0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0],
  ]

  /// What a filter makes of a picture and of a series, number by number.
  static let convolution = FigureRecipe(
    name: "convolution", summary: "a filter slides over a picture, and a mean over a series"
  ) { options in
    let kernel: [[Double]] = [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    let scores = rows(
      tensor(cross).reshaped(to: [1, 7, 7, 1]).conv2D(tensor(kernel).reshaped(to: [3, 3, 1, 1])).squeezed([0, 3]))
    var key = RandomKey(options.seed)
    let times = (0..<80).map(Double.init)
    let noise = Tensor.normal([times.count], key: &key, dtype: .float64).doubles()
    let series = zip(times, noise).map { ($0 / 9).rounded(.down).truncatingRemainder(dividingBy: 2) + $1 * 0.25 }
    let means = Smoothing.movingAverage(window: 7)(series)
    return Figure(
      "Convolution: the same weights at every place", columns: 2,
      note:
        "Each number of the map is the sum of the nine that the filter lies on, times its weights: largest where the "
        + "picture is as the filter. 7 − 3 + 1 = 5 places fit in a row.", size: (1000, 900),
      [
        numbers("Picture, 7 × 7", cross), numbers("Filter, 3 × 3", kernel), numbers("Feature map, 5 × 5", scores),
        Plot(
          "One dimension: the mean of seven", x: Axis("time"), y: Axis("value"), legend: .outside,
          [
            Line(times, series, name: "series", style: Style(.muted, width: 1)),
            Line(times, means, name: "moving average", style: Style(Color(0x0072B2), width: 2.5)),
          ]),
      ])
  }

  /// The three ways to take one number of each window.
  static let pooling = FigureRecipe(name: "pooling", summary: "max, average and min pooling of the same numbers") { _ in
    let picture: [[Double]] = [[1, 3, 2, 1], [4, 6, 5, 0], [7, 2, 9, 4], [1, 0, 3, 8]]
    let x = tensor(picture).reshaped(to: [1, 4, 4, 1])
    func pooled(_ y: Tensor) -> [[Double]] { rows(y.squeezed([0, 3])) }
    return Figure(
      "Pooling: windows of 2 × 2, two apart", columns: 2,
      note: "What is left says whether something was near, not just where: half the height and half the width.",
      size: (900, 900),
      [
        numbers("Numbers", picture), numbers("The largest of each window", pooled(x.maxPool2D(2))),
        numbers("The mean", pooled(x.averagePool2D(2))), numbers("The least", pooled(x.minPool2D(2))),
      ])
  }

  private static func tensor(_ rows: [[Double]]) -> Tensor {
    Tensor(rows.flatMap(\.self), shape: [rows.count, rows[0].count], dtype: .float64)
  }

  private static func rows(_ x: Tensor) -> [[Double]] { (0..<x.shape[0]).map { x[$0].doubles() } }

  /// Numbers as a picture with each written in its place, the first row at the top.
  private static func numbers(_ title: String, _ rows: [[Double]]) -> Plot {
    let bottomUp = Array(rows.reversed())
    let grid = Grid(
      bottomUp, x: -0.5...(Double(rows[0].count) - 0.5), y: -0.5...(Double(rows.count) - 0.5))
    let axis = { Axis(ticks: .none, hasGrid: false) }
    return Plot(
      title, x: axis(), y: axis(), legend: .none, hasEqualUnits: true,
      [HeatMap(grid, colors: .blues, hasColorBar: false) { $0.short() }])
  }
}
