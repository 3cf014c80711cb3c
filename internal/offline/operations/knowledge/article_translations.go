package knowledge

import (
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"dixa-mcp/internal/offline/attachment"
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var articleWriteRoutes = []call.Route{
	{Pattern: "GET /v1/knowledge/articles/{articleId}/translations", Status: 200, Handle: listTranslations},
	{Pattern: "PATCH /v1/knowledge/articles/{articleId}/translations", Status: 200, Handle: updateTranslations},
	{Pattern: "DELETE /v1/knowledge/articles/{articleId}/translations/{languageId}", Status: 204, Handle: deleteTranslation, Plain: inLanguage},
	{Pattern: "POST /v1/knowledge/articles/{articleId}/translations/{languageId}/publish", Status: 204, Handle: publishTranslation, Plain: inLanguage},
	{Pattern: "POST /v1/knowledge/articles/{articleId}/translations/{languageId}/unpublish", Status: 204, Handle: unpublishTranslation, Plain: inLanguage},
	{Pattern: "POST /v1/knowledge/articles/{articleId}/publish", Status: 204, Handle: publishArticle},
	{Pattern: "POST /v1/knowledge/articles/{articleId}/unpublish", Status: 204, Handle: unpublishArticle},
	{Pattern: "POST /v1/knowledge/articles/attachments", Status: 200, Handle: uploadImages},
}

// inLanguage is the variable of a language, which is no uuid.
var inLanguage = []string{"languageId"}

var languageForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z]{2,4})?$`) })

// translate writes the draft of an article in one language, or says what is in the way.
func translate(c *call.Call, a *desk.Article, in translationIn) (problem string) {
	if !languageForm().MatchString(in.LanguageID) {
		return "Language is not supported"
	}
	if strings.TrimSpace(in.Title) == "" {
		return "Title is empty"
	}
	v := desk.ArticleVersion{Title: in.Title, HTML: in.Content, Created: c.Now, Updated: c.Now, By: c.Owner()}
	if i := a.Index(in.LanguageID); i >= 0 {
		v.Created = a.Translations[i].Draft.Created
		a.Translations[i].Draft = v
	} else {
		a.Translations = append(a.Translations, &desk.Translation{Language: in.LanguageID, Draft: v})
	}
	return ""
}

func listTranslations(c *call.Call) (any, error) {
	a, err := thisArticle(c)
	if err != nil {
		return nil, err
	}
	drafts, published := []versionWire{}, []versionWire{}
	for _, t := range a.Translations {
		p := wireTranslation(c.World, t, a.ID)
		drafts = append(drafts, p.Draft)
		if p.Published != nil {
			published = append(published, *p.Published)
		}
	}
	return wire.Data{Data: map[string]any{"translations": map[string]any{"draft": drafts, "published": published}}}, nil
}

type translationError struct {
	LanguageID string `json:"languageId"`
	Message    string `json:"message"`
}

// partialResult answers a request of which some items may have failed while others succeeded.
type partialResult struct {
	Data          any `json:"data"`
	PartialErrors any `json:"partialErrors,omitzero"`
}

func updateTranslations(c *call.Call) (any, error) {
	a, err := thisArticle(c)
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[struct {
		Translations []translationIn `wire:"translations"`
	}](c)
	if err != nil {
		return nil, err
	}
	done := []versionWire{}
	var problems []translationError
	for _, one := range in.Translations {
		if problem := translate(c, a, one); problem != "" {
			problems = append(problems, translationError{one.LanguageID, problem})
			continue
		}
		t := a.Translations[a.Index(one.LanguageID)]
		done = append(done, wireVersion(c.World, t, t.Draft, false, a.ID))
		changedArticle(c, a, "written in "+one.LanguageID)
	}
	out := partialResult{Data: done}
	if problems != nil {
		out.PartialErrors = problems
	}
	return out, nil
}

// thisTranslation returns the article in the path, and the place of its translation in the path.
func thisTranslation(c *call.Call) (*desk.Article, int, error) {
	a, err := thisArticle(c)
	if err != nil {
		return nil, 0, err
	}
	i := a.Index(c.Vars["languageId"])
	if i < 0 {
		return nil, 0, wire.ErrNotFound.Because("article %s has no translation %q", a.ID, c.Vars["languageId"])
	}
	return a, i, nil
}

func deleteTranslation(c *call.Call) (any, error) {
	a, i, err := thisTranslation(c)
	if err != nil {
		return nil, err
	}
	a.Translations = slices.Delete(a.Translations, i, i+1)
	changedArticle(c, a, "not in "+c.Vars["languageId"]+" any more")
	return nil, nil
}

func publishTranslation(c *call.Call) (any, error) {
	a, i, err := thisTranslation(c)
	if err != nil {
		return nil, err
	}
	publish(c, a, a.Translations[i])
	return nil, nil
}

func unpublishTranslation(c *call.Call) (any, error) {
	a, i, err := thisTranslation(c)
	if err != nil {
		return nil, err
	}
	unpublish(c, a, a.Translations[i])
	return nil, nil
}

func publishArticle(c *call.Call) (any, error) {
	a, err := thisArticle(c)
	if err != nil {
		return nil, err
	}
	publish(c, a, a.Translations...)
	return nil, nil
}

func unpublishArticle(c *call.Call) (any, error) {
	a, err := thisArticle(c)
	if err != nil {
		return nil, err
	}
	unpublish(c, a, a.Translations...)
	return nil, nil
}

// publish makes a new version of drafts that readers see.
func publish(c *call.Call, a *desk.Article, which ...*desk.Translation) {
	for _, t := range which {
		v := t.Draft
		v.Created, v.Updated = c.Now, c.Now
		t.Published = &v
		a.Indexed = c.Now
		changedArticle(c, a, "published in "+t.Language)
	}
}

func unpublish(c *call.Call, a *desk.Article, which ...*desk.Translation) {
	for _, t := range which {
		if t.Published != nil {
			t.Published = nil
			changedArticle(c, a, "unpublished in "+t.Language)
		}
	}
	if !slices.ContainsFunc(a.Translations, func(t *desk.Translation) bool { return t.Published != nil }) {
		a.Indexed = time.Time{}
	}
}

// The limits of an upload.
const (
	mostImages  = 5
	imageBytes  = 4 << 20
	uploadBytes = 10 << 20
)

var imageTypes = strings.Fields("image/png image/jpeg image/gif image/webp")

type uploadedImage struct {
	OriginalFilename string `json:"originalFilename"`
	URL              string `json:"url"`
}

type uploadError struct {
	OriginalFilename string `json:"originalFilename"`
	Message          string `json:"message"`
	Code             int    `json:"code"`
}

// uploadImages takes a form with the part "files" for each image. Images that are none or too large fail by themselves.
func uploadImages(c *call.Call) (any, error) {
	kind, params, err := mime.ParseMediaType(c.HTTP.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, wire.ErrBody.Because("the Content-Type is not multipart/form-data")
	}
	if len(c.Body) > uploadBytes {
		return nil, wire.ErrBody.Because("more than 10 MB together")
	}
	form, err := multipart.NewReader(strings.NewReader(string(c.Body)), params["boundary"]).ReadForm(request.MaxBody)
	if err != nil {
		return nil, wire.ErrBody.Because("form: %v", err)
	}
	files := form.File["files"]
	if len(files) == 0 || len(files) > mostImages || len(form.File) > 1 || len(form.Value) > 0 {
		return nil, wire.ErrBody.Because("the form has not 1 to %d parts, all with the name files", mostImages)
	}
	done := []uploadedImage{}
	var problems []uploadError
	for _, f := range files {
		if problem := imageProblem(f); problem != "" {
			problems = append(problems, uploadError{f.Filename, problem, http.StatusBadRequest})
			continue
		}
		id := c.NewID()
		c.Passed(id, "image uploaded") // nothing of it is kept here
		done = append(done, uploadedImage{f.Filename, attachment.URL + "/public/knowledge/" + id})
	}
	out := partialResult{Data: done}
	if problems != nil {
		out.PartialErrors = problems
	}
	return out, nil
}

func imageProblem(f *multipart.FileHeader) string {
	if f.Size > imageBytes {
		return "File is larger than 4 MB"
	}
	r, err := f.Open()
	if err != nil {
		return "File cannot be read"
	}
	defer r.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.ErrUnexpectedEOF {
		return "File is empty"
	}
	if !slices.Contains(imageTypes, http.DetectContentType(head[:n])) {
		return "File type is not supported"
	}
	return ""
}
