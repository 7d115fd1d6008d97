import ApusFiles
import ApusTensor

/// The rows of a table as examples: inputs `[batch, inputs]`, and labels `int32[batch]` or standardised targets
/// `[batch, 1]`, as a ``TableEncoding`` makes them.
public struct EncodedTable: ExampleSet {
  public let encoding: TableEncoding
  public let count: Int
  private let inputs: [Float]
  private let labels: [Int32]
  private let targets: [Float]

  /// Throws a ``FileError`` that names the row and the column of what the encoding does not know.
  public init(_ table: TextTable, _ encoding: TableEncoding) throws(FileError) {
    self.encoding = encoding
    count = table.rows.count
    inputs = try encoding.inputs(table)
    let hasClasses = !encoding.classNames.isEmpty
    labels = hasClasses ? try encoding.labels(table) : []
    targets = hasClasses ? [] : try encoding.targets(table)
  }

  public func batch(_ draws: [ExampleDraw]) -> Batch {
    let width = encoding.inputCount
    let rows = draws.flatMap { inputs[($0.index * width)..<(($0.index + 1) * width)] }
    let answers =
      encoding.classNames.isEmpty
      ? Tensor(draws.map { targets[$0.index] }, shape: [draws.count, 1])
      : Tensor(draws.map { labels[$0.index] })
    return Batch([Tensor(rows, shape: [draws.count, width]), answers], count: draws.count)
  }
}
