package tools

import d "dixa-mcp/dixaclient"

var knowledge = group("knowledge",
	tool(d.ListCollections, "listed collections", "Collections of help-centre articles."),
	tool(d.GetCollection, "read collection {collectionId}", "One collection."),
	tool(d.GetCatalog, "read the catalog of collection {collectionId}", "Tree of a collection: categories and articles with their ids."),
	tool(d.GetCategory, "read category {categoryId}", "One category."),
	tool(d.ListCategoryTranslations, "read the translations of category {categoryId}", "Translations of a category."),
	tool(d.GetArticle, "read article {articleId}", "One article without its text."),
	tool(d.ListArticleTranslations, "read the translations of article {articleId}", "Titles and texts of an article in each language."),
	tool(d.CreateArticle, "created an article", "Create an article as a draft; readers see it after publish_article."),
	tool(d.UpdateArticle, "updated article {articleId}", "Change the properties of an article; its text is changed by update_article_translations."),
	tool(d.UpdateArticleTranslations, "updated translations of article {articleId}", "Write an article's text in some languages; each may fail by itself. Not published yet.", partialErrors),
	tool(d.UploadArticleImages, "uploaded images for articles", "Upload up to 5 images; gives the URLs to use in an article's HTML.", partialErrors),
	tool(d.MoveArticle, "moved article {articleId}", "Put an article under a category."),
	tool(d.DetachArticle, "detached article {articleId}", "Take an article out of its category."),
	tool(d.PublishArticle, "published article {articleId}", "Publish all translations of an article to readers."),
	tool(d.PublishArticleTranslation, "published a translation of article {articleId}", "Publish one translation to readers."),
	tool(d.UnpublishArticle, "unpublished article {articleId}", "Hide all translations of an article from readers."),
	tool(d.UnpublishArticleTranslation, "unpublished a translation of article {articleId}", "Hide one translation from readers."),
	tool(d.DeleteArticle, "deleted article {articleId}", "Delete an article permanently."),
	tool(d.DeleteArticleTranslation, "deleted a translation of article {articleId}", "Delete every version of one translation permanently."),
)
