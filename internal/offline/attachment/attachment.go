// Package attachment makes the files that messages of the help desk come with: invoices, labels and photos.
package attachment

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"path"
	"strings"
)

// URL is where the files of messages are. The name does not resolve.
const URL = "https://" + Host

// Host is the host of [URL].
const Host = "files.dixa.invalid"

// Make makes the file at a path below [URL], always the same for a path, and says of what type it is; nil where there is none.
func Make(at string) (contentType string, body []byte, err error) {
	rest, ok := strings.CutPrefix(at, "/private/attachment/")
	id, name, named := strings.Cut(rest, "/")
	if !ok || !named {
		return "", nil, nil
	}
	lines := map[string][]string{
		"invoice-": {"Havbris ApS", "Invoice", strings.TrimSuffix(name, ".pdf"), "", "1 x Rain jacket, navy, size M      84.90 GBP", "Delivery                                     0.00 GBP",
			"Total, VAT included                  84.90 GBP", "", "Paid by card. Thank you for your order."},
		"label-": {"Havbris returns", "Return label " + strings.TrimSuffix(name, ".pdf"), "", "Havbris ApS, Returns", "Nordhavnsvej 12", "2150 Copenhagen", "",
			"Put this label on the outside of the parcel."},
	}
	for prefix, text := range lines {
		if strings.HasPrefix(id, prefix) {
			return "application/pdf", makePDF(text), nil
		}
	}
	var b bytes.Buffer
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg":
		err = jpeg.Encode(&b, photo(id), nil)
		return "image/jpeg", b.Bytes(), err
	case ".png":
		err = png.Encode(&b, photo(id))
		return "image/png", b.Bytes(), err
	}
	return "", nil, nil
}

// photo draws what a customer could have photographed: a parcel on a floor, in colors that differ from file to file.
func photo(id string) image.Image {
	sum := 0
	for _, ch := range []byte(id) {
		sum = sum*31 + int(ch)
	}
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	shade := func(n int) uint8 { return uint8(120 + (sum>>n)&63) }
	fill := func(r image.Rectangle, c color.Color) {
		draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	fill(img.Bounds(), color.RGBA{shade(0), shade(3), shade(6), 255})
	fill(image.Rect(0, 330, 640, 480), color.RGBA{96, 84, 72, 255})
	fill(image.Rect(180, 160, 460, 380), color.RGBA{176, 136, 88, 255})
	fill(image.Rect(305, 160, 335, 380), color.RGBA{214, 196, 160, 255})
	return img
}

// makePDF writes a page with lines of text, in the form that programs for invoices write.
func makePDF(lines []string) []byte {
	var text strings.Builder
	text.WriteString("BT /F1 11 Tf 14 TL 72 770 Td\n")
	for _, line := range lines {
		fmt.Fprintf(&text, "(%s) Tj T*\n", strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(line))
	}
	text.WriteString("ET\n")
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", text.Len(), text.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}
