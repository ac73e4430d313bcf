// Text eight bytes at a time. A feed has a hundred million values: what is done for each byte of them is what it costs.

extension Span where Element == UInt8 {
    /// Eight bytes from a position on, the first one lowest.
    @inlinable
    @inline(__always)
    public func word(at position: Int) -> UInt64 {
        precondition(position >= 0 && position &+ 8 <= count)
        return unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
    }
}

extension OutputSpan where Element == UInt8 {
    /// Copies what stands in a range, at once.
    @inlinable
    @inline(__always)
    public mutating func append(copying source: Span<UInt8>, _ range: Range<Int>) {
        let length = range.count
        precondition(range.lowerBound >= 0 && range.upperBound <= source.count && length <= freeCapacity)
        // Most values are short. To copy 16 bytes whatever their length takes no loop; what is too much is overwritten.
        let isShort = length <= 16 && source.count &- range.lowerBound >= 16 && freeCapacity >= 16
        unsafe source.withUnsafeBytes { from in
            unsafe withUnsafeMutableBufferPointer { to, count in
                guard let start = to.baseAddress else { return }
                let target = unsafe UnsafeMutableRawPointer(start + count)
                if isShort {
                    let place = range.lowerBound
                    let low = unsafe from.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    let high = unsafe from.loadUnaligned(fromByteOffset: place &+ 8, as: UInt64.self)
                    unsafe target.storeBytes(of: low, as: UInt64.self)
                    unsafe target.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
                } else {
                    unsafe target.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: from[range]).baseAddress ?? UnsafeRawPointer(target),
                        byteCount: length)
                }
                count &+= length
            }
        }
    }
}

/// A word of text: eight characters that are asked about at once.
public enum TextWord {
    public static let ones: UInt64 = 0x0101_0101_0101_0101
    /// The highest bit of each byte: what the questions are answered with.
    public static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The same byte eight times.
    @inlinable
    @inline(__always)
    public static func all(_ byte: UInt8) -> UInt64 { ones &* UInt64(byte) }

    /// Marks the bytes that are zero. One above the lowest of them may be marked wrongly: whether there is any, and
    /// where the lowest is, is always right.
    @inlinable
    @inline(__always)
    public static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }

    /// Marks the bytes that are zero, and no others.
    @inlinable
    @inline(__always)
    public static func exactZeros(_ word: UInt64) -> UInt64 { ~(((word & ~tops) &+ ~tops) | word | ~tops) }

    /// Marks the bytes that are no digits, and no others. A digit is 0 to 9 once `0` is taken off.
    @inlinable
    @inline(__always)
    public static func nonDigits(_ word: UInt64) -> UInt64 {
        let values = word ^ all(0x30)
        return (((values & ~tops) &+ all(0x76)) | values) & tops
    }

    /// The lowest `count` bytes, of 0 to 8.
    @inlinable
    @inline(__always)
    public static func mask(_ count: Int) -> UInt64 {
        count >= 8 ? ~0 : (1 &<< UInt64(truncatingIfNeeded: count &* 8)) &- 1
    }
}
