/// The numbers that a series draws, by the names of their columns.
public struct SeriesData: Hashable, Sendable {
  /// What the legend calls it; empty where it has no name.
  public let name: String
  /// `line`, `scatter`, `bars`, …
  public let kind: String
  public let columns: [Column]
  /// Texts that belong to the rows.
  public let texts: [String]

  public struct Column: Hashable, Sendable {
    public let name: String
    public let values: [Double]

    public init(_ name: String, _ values: [Double]) { (self.name, self.values) = (name, values) }
  }

  public init(_ name: String?, kind: String, _ columns: [Column], texts: [String] = []) {
    (self.name, self.kind, self.columns, self.texts) = (name ?? "", kind, columns, texts)
  }

  static func points(_ name: String?, kind: String, _ points: [Point]) -> SeriesData {
    SeriesData(name, kind: kind, [Column("x", points.map(\.x)), Column("y", points.map(\.y))])
  }
}

/// The numbers of one panel.
public struct PanelData: Hashable, Sendable {
  public let title: String
  public let xLabel: String
  public let yLabel: String
  public let series: [SeriesData]

  public init(title: String, xLabel: String = "", yLabel: String = "", series: [SeriesData]) {
    (self.title, self.xLabel, self.yLabel, self.series) = (title, xLabel, yLabel, series)
  }
}
