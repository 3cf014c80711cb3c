package filetext

import (
	"bytes"
	"image"
	_ "image/gif" // registered for DecodeConfig
	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/webp"
)

const (
	// maxImage is the maximum size of an image in bytes: as base64 it has 5 MiB, which is what models' providers accept.
	maxImage = 5 << 20 / 4 * 3
	// maxSide is the maximum width and height in pixels that they accept.
	maxSide = 8000
	// maxPixels bounds what a client that decodes the image needs: 4 bytes a pixel.
	maxPixels = 40_000_000
)

// readImage checks the size of an image from its header. Its pixels are never decoded here.
func readImage(kind string, body []byte) (Content, error) {
	if len(body) > maxImage {
		return Content{}, refuse("the image has %d bytes, and models take at most %d", len(body), maxImage)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(body))
	switch {
	case err != nil || "image/"+format != kind:
		return Content{}, refuse("the image is damaged, or of a kind of %s that cannot be read", kind)
	case config.Width < 1 || config.Height < 1:
		return Content{}, refuse("the image is empty")
	case config.Width > maxSide || config.Height > maxSide || config.Width*config.Height > maxPixels:
		return Content{}, refuse("the image has %d × %d pixels; at most %d on a side and %d altogether are shown", config.Width, config.Height, maxSide, maxPixels)
	}
	return Content{Type: kind, Image: body, Width: config.Width, Height: config.Height}, nil
}
