extension Image {
  /// A part of the image. Traps when it is empty or reaches beyond the image.
  public func cropped(left: Int, top: Int, width newWidth: Int, height newHeight: Int) -> Image {
    guard left >= 0, top >= 0, newWidth > 0, newHeight > 0, left + newWidth <= width, top + newHeight <= height else {
      fatalError("Image.cropped: \(newWidth) × \(newHeight) pixels at (\(left), \(top)) of \(width) × \(height)")
    }
    var part: [UInt8] = []
    part.reserveCapacity(newWidth * newHeight * channels)
    for row in top..<(top + newHeight) {
      let start = (row * width + left) * channels
      part += pixels[start..<(start + newWidth * channels)]
    }
    return Image(width: newWidth, height: newHeight, channels: channels, pixels: part)
  }

  /// The middle of the image; where it is smaller, all there is. An odd pixel is left over at the right and below.
  public func centerCropped(width newWidth: Int, height newHeight: Int) -> Image {
    let (newWidth, newHeight) = (min(width, newWidth), min(height, newHeight))
    // As torchvision: half the rest, rounded to even.
    let left = Int((Double(width - newWidth) / 2).rounded(.toNearestOrEven))
    let top = Int((Double(height - newHeight) / 2).rounded(.toNearestOrEven))
    return cropped(left: left, top: top, width: newWidth, height: newHeight)
  }

  /// The image resized so that its shorter side fills the given size, and its middle cut out: the usual way to give
  /// photographs of all shapes to a network.
  public func filling(width newWidth: Int, height newHeight: Int, filter: ResizeFilter = .bilinear) -> Image {
    let scale = max(Double(newWidth) / Double(width), Double(newHeight) / Double(height))
    let fullWidth = max(newWidth, Int((Double(width) * scale).rounded()))
    let fullHeight = max(newHeight, Int((Double(height) * scale).rounded()))
    // Resizing a panorama to the width of its crop times its proportion could ask for more pixels than are allowed.
    guard Image.isAllowed(width: fullWidth, height: fullHeight) else {
      let (partWidth, partHeight) = (Double(newWidth) / scale, Double(newHeight) / scale)
      return centerCropped(width: max(1, Int(partWidth.rounded())), height: max(1, Int(partHeight.rounded())))
        .resized(width: newWidth, height: newHeight, filter: filter)
    }
    return resized(width: fullWidth, height: fullHeight, filter: filter)
      .centerCropped(width: newWidth, height: newHeight)
  }
}
