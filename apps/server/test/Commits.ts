/** How often SQLite wrote to the disk, by its own log. */

/** https://www.sqlite.org/fileformat.html#the_write_ahead_log: a frame with a size after it is a commit. */
export const commitsIn = (wal: Buffer): number => {
  const page = wal.readUInt32BE(8)
  const salt = wal.subarray(16, 24)
  let commits = 0
  for (let at = 32; at + 24 + page <= wal.length; at += 24 + page) {
    if (!wal.subarray(at + 8, at + 16).equals(salt)) break
    if (wal.readUInt32BE(at + 4) > 0) commits += 1
  }
  return commits
}
