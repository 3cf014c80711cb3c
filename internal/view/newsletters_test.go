package view

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Mail as programs and newsletter services make it reads as people see it: nothing of it is set
// apart, and a preheader, which nobody sees in the message, is dropped.
func TestNewslettersAndClients(t *testing.T) {
	reset := `<style type="text/css">#outlook a{padding:0}.ReadMsgBody{width:100%}.ExternalClass{width:100%}.ExternalClass,.ExternalClass p,.ExternalClass span,.ExternalClass td{line-height:100%}
		body,table,td,a{-webkit-text-size-adjust:100%;-ms-text-size-adjust:100%}table,td{mso-table-lspace:0pt;mso-table-rspace:0pt}img{-ms-interpolation-mode:bicubic;border:0;height:auto;line-height:100%;outline:none;text-decoration:none}
		a[x-apple-data-detectors]{color:inherit!important;text-decoration:none!important;font-size:inherit!important}u + #body a{color:inherit}#MessageViewBody a{color:inherit}div[style*="margin: 16px 0;"]{margin:0!important}
		@media only screen and (max-width:600px){.hide{display:none!important;max-height:0!important;overflow:hidden}.full{width:100%!important}.fs{font-size:20px!important}}</style>`
	dark := `<meta name="color-scheme" content="light dark"><style>:root{color-scheme:light dark;supported-color-schemes:light dark}
		@media (prefers-color-scheme:dark){body,.bg{background:#111!important}p,h1,td{color:#fff!important}.light{display:none!important}}
		[data-ogsc] p{color:#fff!important}[data-ogsb] .bg{background-color:#111!important}</style>`
	for _, c := range []struct{ name, in, want string }{
		{"mailchimp", `<!doctype html><html><head>` + reset + `<!--[if mso]><style>*{font-family:Arial!important;display:none}</style><![endif]--></head><body id="body" style="height:100%;margin:0;padding:0;width:100%;background-color:#FAFAFA"><span class="mcnPreviewText" style="display:none; font-size:0px; line-height:0px; max-height:0px; max-width:0px; opacity:0; overflow:hidden; visibility:hidden; mso-hide:all;">Preheader</span><center><table width="100%" height="100%" style="border-collapse:collapse"><tr><td class="hide" style="padding:9px;color:#757575;font-family:Helvetica;font-size:16px;line-height:150%;text-align:left">Spring sale</td></tr></table></center></body></html>`, "Spring sale"},
		{"mjml", `<html><head>` + reset + `<style>.mj-column-per-50{width:50%!important;max-width:50%}@media only screen and (min-width:480px){.mj-column-per-50{width:50%!important}}.moz-text-html .mj-column-per-50{width:50%}</style></head><body style="word-spacing:normal"><div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden">Preheader</div><div style="margin:0px auto;max-width:600px"><table style="width:100%"><tr><td style="direction:ltr;font-size:0px;padding:20px 0;text-align:center"><div class="mj-column-per-50" style="font-size:0px;text-align:left;direction:ltr;display:inline-block;vertical-align:top;width:100%"><table width="100%"><tr><td style="font-size:0px;padding:10px 25px;word-break:break-word"><div style="font-family:Ubuntu;font-size:13px;line-height:1;color:#000000">Half price</div></td></tr></table></div></td></tr></table></div></body></html>`, "Half price"},
		{"dark mode", `<html><head>` + dark + `</head><body class="bg" style="background:#ffffff"><p style="color:#222">Hello</p><h1 class="light">News</h1></body></html>`, "Hello\n\nNews"},
		{"button", `<table role="presentation"><tr><td style="border-radius:4px;background:#0a7cff"><a href="https://s.example/x" style="background:#0a7cff;border:1px solid #0a7cff;font-size:15px;line-height:15px;text-decoration:none;padding:13px 17px;color:#ffffff;display:block;border-radius:4px;mso-hide:all">Track parcel</a></td></tr></table>`, "Track parcel (https://s.example/x)"},
		{"clearfix and pseudo-elements", `<style>.cf:after{content:".";display:block;height:0;clear:both;visibility:hidden}.cf:before{content:"";position:absolute}a:visited{color:#fff}a:hover{opacity:0}</style><div class="cf"><p>Text</p><a href="https://a.example">Link</a></div>`, "Text\n\nLink (https://a.example)"},
		{"hybrid layout", `<div style="width:100%;max-width:300px;display:inline-block;min-width:calc((600px - 100%)*600);vertical-align:top"><p style="margin:0 0 10px;letter-spacing:-.5px">Two columns</p></div>`, "Two columns"},
		{"hero", `<table><tr><td background="https://c.example/h.jpg" bgcolor="#1a2b3c" style="background:url(https://c.example/h.jpg) center / cover no-repeat #1a2b3c" valign="top"><h1 style="color:#ffffff;font:bold 32px/38px Georgia,serif;text-shadow:0 1px 2px #000">Summer</h1></td></tr></table>`, "Summer"},
		{"gradient", `<div style="background:#036;background:linear-gradient(90deg,#003366 0%,#004488 100%)"><p style="color:#fff">Member price</p></div>`, "Member price"},
		{"gmail", `<div dir="ltr"><div>Hi,</div><div><br></div><div>my order is <b>HB-1</b>.</div><br clear="all"><div class="gmail_signature" data-smartmail="gmail_signature"><div dir="ltr"><font color="#888888" size="1">Anna</font></div></div></div>`, "Hi,\n\nmy order is HB-1.\n\nAnna"},
		{"outlook, Word", `<html xmlns:v="urn:schemas-microsoft-com:vml"><head><style><!-- @font-face {font-family:Calibri; panose-1:2 15 5 2 2 2 4 3 2 4;} p.MsoNormal, li.MsoNormal {margin:0cm; font-size:11.0pt; font-family:"Calibri",sans-serif; mso-fareast-language:EN-US;} a:link, span.MsoHyperlink {mso-style-priority:99; color:#0563C1; text-decoration:underline;} span.EmailStyle18 {mso-style-type:personal-compose; color:windowtext;} .MsoChpDefault {mso-style-type:export-only;} @page WordSection1 {size:612.0pt 792.0pt; margin:70.85pt;} div.WordSection1 {page:WordSection1;} --></style></head><body lang="DA" link="#0563C1" vlink="#954F72" style='word-wrap:break-word'><div class="WordSection1"><p class="MsoNormal"><span class="EmailStyle18">Hej,<o:p></o:p></span></p><p class="MsoNormal" style="text-indent:-18.0pt;margin-left:36.0pt"><span style="mso-list:Ignore">1.</span> Ordre HB-1</p></div></body></html>`, "Hej,\n1. Ordre HB-1"},
		{"outlook on the web", `<div style="font-family:Aptos,Arial,sans-serif; font-size:12pt; color:rgb(0, 0, 0)" class="elementToProof">Hej</div><div id="appendonsend"></div><hr tabindex="-1" style="display:inline-block; width:98%">`, "Hej"},
		{"apple", `<html><body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;"><div>Hello<br class="Apple-interchange-newline"></div><span style="caret-color: rgb(0, 0, 0); font-variant-caps: normal; orphans: auto; -webkit-text-stroke-width: 0px; widows: auto; float: none; display: inline !important;">there</span></body></html>`, "Hello\nthere"},
		{"thunderbird", `<html><head><meta http-equiv="content-type" content="text/html"></head><body text="#000000" bgcolor="#FFFFFF"><p>Hallo</p><pre class="moz-signature" cols="72">-- 
Anna</pre></body></html>`, "Hallo\n\n--\nAnna"},
		{"yahoo", `<div class="yahoo-style-wrap" style="font-family:Helvetica Neue;font-size:13px;"><div dir="ltr" data-setdir="false">Hello</div><div id="ydp1" class="yahoo_quoted"></div></div>`, "Hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newWork(t.Context()).html(c.in)
			require.Equal(t, c.want, b.text)
			require.Empty(t, b.doubtful)
			require.NotContains(t, b.String(), "Preheader")
		})
	}
}

// More ways of hiding text than testdata/hidden-text.json has: none is mixed into the message.
func TestMoreHiddenText(t *testing.T) {
	var cases []string
	for _, style := range []string{
		"height:1e-9px;overflow:clip", "max-height:min(0px,1px);overflow:hidden", "height:env(x,0px);overflow:hidden", "width:.1em;overflow-x:hidden",
		"font-size:calc(1px - 1px)", "font-size:0.0001rem", "font-size:1e-3px", "font-size:0.01vw", "font-size:1%", "font:0 a", "font:italic bold .1px/2 a", "font-size:max(0px)",
		"opacity:calc(0)", "opacity:1e-3", "opacity:-1", "OPACITY:0", "opac\\69ty:0", "opacity:0!important;opacity:1",
		"color:#fffffe", "color:hwb(0 100% 0%)", "color:hsl(0deg 0% 100% / 1)", "color:rgb(100% 100% 100%)", "color:rgba(255 255 255 / .9)", "color:rgb(0 0 0 / 1%)", "color:oklch(1 0 0)", "color:light-dark(#fff,#000)", "color:var(--x,#fff)", "-webkit-text-fill-color:transparent", "color:canvas",
		"background:black", "background:rgb(0,0,0)", "background:#000f", "background-color:hsl(0,0%,0%)", "background-image:linear-gradient(to right,black,#000)", "background:url(data:image/gif;base64,R0lG)",
		"transform:scale3d(0,0,0)", "transform:rotateY(90deg)", "transform:perspective(1px) translateZ(-99999px)", "-webkit-transform:scale(0)", "transform:translate(-200vw)", "transform:var(--t)", "translate:-500vw 0", "scale:.01 1",
		"clip-path:circle(0)", "clip-path:path('M0 0')", "clip:rect(0 0 0 0)", "mask:linear-gradient(transparent,transparent)", "-webkit-mask-image:none,url(x)", "filter:brightness(99)", "filter:var(--f)",
		"position:fixed;top:-100vh", "position:absolute;right:-5000px", "position:absolute;inset-inline-start:-99in", "margin:-9999px", "margin-left:-200cm", "margin-block-start:calc(-1*9999px)", "text-indent:-100em", "text-indent:9000px",
		"letter-spacing:-1em", "word-spacing:-9999px", "letter-spacing:-20px", "zoom:.001", "zoom:0.1%",
		"display:NONE", "display:none /**/", "display:/*x*/none", "display:table-column", "display:none ! important", "visibility:collapse", "content-visibility:hidden", "visibility:var(--v)",
		"unicode-bidi:bidi-override;direction:rtl", "animation:x 1s forwards", "offset-path:path('M-999 0')", "contain:strict;overflow:hidden;width:auto", "all:unset", "made-up:1",
		"height:10px;overflow:hidden;padding-top:40px;box-sizing:border-box", "height:0;overflow:auto", "-webkit-text-security:disc", "font-size-adjust:0.01", "line-height:0;height:1px;overflow:hidden",
	} {
		cases = append(cases, `<div style="`+style+`">SECRETX</div>`)
	}
	for _, sheet := range []string{
		".h{display:none}", ".H{display:none}", "*|*.h{display:none}", "[class^=h]{display:none}", `[class="h"]{display:none}`, "[class~=h i]{opacity:0}", "div.h:only-of-type{display:none}",
		":where(.h){display:none}", ":not(.z).h{display:none}", ".h:empty,.h{display:none}", "p ~ div{display:none}", "p + div{display:none}", "body > .h{display:none}", "html .h:nth-of-type(1){display:none}",
		"@media all{.h{display:none}}", "@media (min-width:1px) and (max-width:99999px){.h{display:none}}", "@media not all and (min-width:99999px){.h{display:none}}", "@media (width>=1px){.h{display:none}}", "@media screen,print{@media all{.h{display:none}}}",
		"@supports (display:block){.h{display:none}}", "@supports not (x:y){.h{display:none}}", "@layer a{.h{display:none}}", "@layer a;.h{display:none}", "@scope (p) to (b){.h{display:none}}",
		"body{.h{display:none}}", "body{&>.h{display:none}}", ".z{color:red;}}.h{display:none}", ".h{color:red;display:none", "<!-- .h{display:none} -->", ".\\68{display:none}", ".h{disp\\6cay:none;display:none}",
		".h::first-letter{font-size:0}.h::first-line{font-size:0}", ".h{--a:none;display:var(--a)}", "@namespace x url(y);.h{display:none}", "@import 'data:text/css,.h{display:none}';", ".h{opacity:1}.h{opacity:0}", "div{display:none!important}.h{display:block}",
		"@font-face{font-family:x}.h{display:none}", "/**/.h/**/{/**/display/**/:/**/none/**/}", ".a{b:url( x y z );}.h{display:none}", ".a{b:'\\\n}';}.h{display:none}",
	} {
		cases = append(cases, "<style>"+sheet+`</style><p>Before</p><div class="h">SECRETX</div>`)
	}
	cases = append(cases,
		`<link rel="stylesheet" href="data:text/css,.h{display:none}"><div class="h">SECRETX</div>`, `<div hidden="until-found">SECRETX</div>`, `<details><p>SECRETX</p></details>`, `<dialog>SECRETX</dialog>`,
		`<select><option>a</option><option>SECRETX</option></select>`, `<bdo dir="rtl">SECRETX</bdo>`, `<font color="white">SECRETX</font>`, `<font color="#fffffg">SECRETX</font>`, `<table bgcolor="black"><tr><td>SECRETX</td></tr></table>`,
		`<noscript>SECRETX</noscript>`, `<template>SECRETX</template>`, `<svg><text>SECRETX</text></svg>`, `<!--[if mso]>SECRETX<![endif]-->`, `<img width="0" alt="SECRETX">`, `<div style="opacity:.3"><div style="opacity:.3"><div style="opacity:.3">SECRETX</div></div></div>`,
		`<div style="background:#123"><div style="color:rgb(17,34,51)">SECRETX</div></div>`, `<div style="height:20px;overflow:hidden">a<br><br><br><br>SECRETX</div>`, `<div style="visibility:hidden"><b style="font-size:20px">SECRETX</b></div>`, `<a href="#" style="color:#fff">SECRETX</a>`,
	)
	for _, in := range cases {
		text := visible("<body><p>Hello</p>" + in + `<p style="color:black;background:white">Thanks</p>`)
		require.NotContains(t, text, "SECRETX", in)
		require.False(t, strings.Contains(in, "div style") && !strings.Contains(text, "Hello"), in)
	}
}
