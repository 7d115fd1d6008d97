import ApusDrawing
import ApusFiles
import ApusRasterizer

extension Figure {
  /// Throws a ``UsageError`` unless the figure can be written to a file of this name.
  static func checkName(_ path: String) throws {
    guard path.hasSuffix(".svg") || path.hasSuffix(".png") else {
      throw UsageError("--out \(path): expected a name that ends in .svg or .png")
    }
  }

  /// Writes the figure as SVG or PNG, as the name says.
  func write(to path: String, width: Double? = nil, height: Double? = nil) throws {
    let svg = svg(width: width, height: height)
    guard path.hasSuffix(".png") else { return try AtomicFile.write(svg, to: path) }
    do {
      let pixels = (width: Int(width ?? size.width), height: Int(height ?? size.height))
      try AtomicFile.write(try Rasterizer.png(svg: svg, width: pixels.width, height: pixels.height), to: path)
    } catch let error as Rasterizer.Failure {
      throw Failure("\(path): \(error)")
    }
  }
}
