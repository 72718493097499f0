package stream

import "github.com/klauspost/compress/zstd"

// Pack gives a text as zstd, as small as it gets.
func Pack(text []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constants
	}
	return w.EncodeAll(text, nil)
}
