package dixaclient

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
)

// Dixa's limits of one upload. Source: Dixa API v1, "Knowledge".
const (
	maxImage  = 4 << 20  // bytes of an image
	maxUpload = 10 << 20 // bytes of the request
)

var imageTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// ArticleImage is an image, with its content in base64.
type ArticleImage struct {
	Filename string `json:"filename" check:"min=1,max=255"`
	Base64   string `json:"base64"`
}

// UploadArticleImagesIn are images for articles.
type UploadArticleImagesIn struct {
	Images []ArticleImage `json:"images" check:"min=1,max=5" jsonschema_description:"png, jpeg, gif or webp; 4 MB each, 10 MB in all"`
}

// UploadedImage says where an image can be had now.
type UploadedImage struct {
	OriginalFilename string `json:"originalFilename"`
	URL              string `json:"url"`
}

// Body returns a form with one part a file. It refuses what is no image of the four types, and what is too large.
func (in UploadArticleImagesIn) Body() (any, error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i, image := range in.Images {
		if err := image.write(form); err != nil {
			return nil, &InputError{Field: fmt.Sprintf("images[%d]", i), Problem: err.Error()}
		}
	}
	if err := form.Close(); err != nil {
		return nil, err
	}
	if b.Len() > maxUpload {
		return nil, &InputError{Field: "images", Problem: fmt.Sprintf("may have 10 MB in all, not %d bytes", b.Len())}
	}
	return Encoded{form.FormDataContentType(), b.Bytes()}, nil
}

// write adds the image to a form.
func (a ArticleImage) write(form *multipart.Writer) error {
	data, err := base64.StdEncoding.DecodeString(a.Base64)
	if err != nil {
		return fmt.Errorf("must have the image's content in base64: %w", err)
	}
	contentType := http.DetectContentType(data)
	switch {
	case !slices.Contains(imageTypes, contentType):
		return fmt.Errorf("must be png, jpeg, gif or webp; its content is %s", contentType)
	case len(data) > maxImage:
		return fmt.Errorf("may have 4 MB, not %d bytes", len(data))
	}
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("files", a.Filename)},
		"Content-Type":        {contentType},
	})
	if err == nil {
		_, err = part.Write(data)
	}
	return err
}

// UploadArticleImages uploads images that articles can then show by their URLs. Source: Dixa API v1, "Knowledge".
var UploadArticleImages = op[UploadArticleImagesIn, PartialOutcome[UploadedImage]]("upload_article_images", "POST /v1/knowledge/articles/attachments", Write, bare)
