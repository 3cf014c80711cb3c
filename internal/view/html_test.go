package view

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"no markup", "Hej\n\n\n\nSøren \n", "Hej\n\nSøren"},
		{"less than", "3 < 4 & 5 &gt; 4", "3 < 4 & 5 > 4"},
		{"entities", "Caf&eacute; &amp; bar&nbsp;&#8211; &euro;5", "Café & bar – €5"},
		{"paragraphs", "<p>One</p><p>Two<br>three</p>\n\n<p>  </p><p>Four</p>", "One\n\nTwo\nthree\n\nFour"},
		{"white space", "<div>a \n\t b</div>\n<div>c<b>d</b> <i>e</i></div>", "a b\ncd e"},
		{"gmail lines", "<div>a</div><div><br></div><div>b</div>", "a\n\nb"},
		{"outlook lines", `<p class="MsoNormal">a<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">b</p>`, "a\nb"},
		{"list", "<p>x</p><ul><li>a</li><li><p>b</p></li><li></li><li>c<ol><li>d<li>e</ol></li></ul>", "x\n\n- a\n- b\n- c\n  1. d\n  2. e"},
		{"table", "<table><tr><th>Vare<th>Pris<tr><td><p>Jakke</p><td></td><td><p>899</p></table>after", "Vare | Pris\nJakke | 899\nafter"},
		{"layout table", "<table><tr><td><table><tr><td>a</td></tr></table></td></tr><tr><td>b</td></tr></table>", "a\nb"},
		{"pre", "<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"},
		{"head, script, comment", "<head><title>T</title></head><script>x</script><style>y</style><!-- z --><noscript>n</noscript>a<svg><text>s</text></svg>", "a"},
		{"outlook comment", "<!--[if mso]><p>only Outlook</p><![endif]-->a", "a"},
		{"image", `<img alt="A  cat"><img src=x><img alt="">`, "[image: A cat]"},
		{"headings", "<h1>Title</h1>text<hr>more", "Title\n\ntext\n\nmore"},
		{"form", "<form><label>Name<br/></label>\n<div>John</div></form>", "Name\nJohn"},
		{"hidden characters", "<p>re\u200Bfund &#8203;&#x202E;x&shy;y</p>", "refund xy"},
		{"broken", "<p><b>a<div></p></b>b</table></div><", "a\n\nb\n<"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Text(c.in))
		})
	}
}

func TestTextLinks(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"label and target", `See <a href="https://real.example/x">our terms</a>.`, "See our terms (https://real.example/x)."},
		{"label lies", `<a href="https://evil.example">https://bank.example</a>`, "https://bank.example (https://evil.example)"},
		{"user part", `<a href="https://bank.example@evil.example/">bank.example</a>`, "bank.example (https://bank.example@evil.example/)"},
		{"same", `<a href="https://real.example/x">https://real.example/x</a>`, "https://real.example/x"},
		{"same but scheme", `<a href="https://Real.example/">real.example</a>`, "real.example"},
		{"same, escaped", `<a href="https://real.example/%C3%B8l">https://real.example/øl</a>`, "https://real.example/øl"},
		{"mail", `<a href="mailto:a@b.example">a@b.example</a>`, "a@b.example"},
		{"anchor", `<a href="#top">up</a> <a name="top">here</a>`, "up here"},
		{"script", `<a href=" java&#10;script:alert(1)">x</a>`, "x (javascript:…)"},
		{"spaces in the target", "<a href=\"https://a.example/ (https://b.example)\nc\">x</a>", "x (https://a.example/(https://b.example)c)"},
		{"image", `<a href="https://a.example"><img alt="Logo"></a>`, "[image: Logo] (https://a.example)"},
		{"nothing to click", `a<a href="https://a.example"><img width=1 height=1 alt=x></a>b`, "ab"},
		{"in a list", `<ul><li><a href="https://a.example">a.example</a></li></ul>`, "- a.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Text(c.in))
		})
	}
}

func TestTextDropsWhatPeopleDoNotSee(t *testing.T) {
	for _, in := range []string{
		`<div style="display:none">X</div>`,
		`<div style="display : NONE !important">X</div>`,
		`<div style="display:/**/none">X</div>`,
		`<div style="dis\70lay:none">X</div>`,
		`<div style="display:none"><p style="display:block">X</p></div>`,
		`<p style="display:none">X<p>`,
		`<div style="visibility:hidden">X</div>`,
		`<div style="opacity:0">X</div>`,
		`<div style="opacity: .0">X</div>`,
		`<div style="opacity:0%">X</div>`,
		`<div style="font-size:0">X</div>`,
		`<div style="font-size:0px"><b style="font-size:2em">X</b></div>`,
		`<div style="font-size:1px">X</div>`,
		`<div style="font:0/0 a">X</div>`,
		`<div style="font-size:5%">X</div>`,
		`<div style="font-size:.01rem">X</div>`,
		`<div style="width:0;height:0">X</div>`,
		`<div style="max-height:0;overflow:hidden">X</div>`,
		`<span style="max-width:0px">X</span>`,
		`<div hidden>X</div>`,
		`<img width="1" height="1" alt="X">`,
		`<img style="width:1px;height:1px" width=0 alt="X">`,
		`<span style="color:white">X</span>`,
		`<span style="color:#FFF">X</span>`,
		`<span style="color:#fefefe">X</span>`,
		`<span style="color:rgb(255, 255, 255)">X</span>`,
		`<span style="color:rgb(100%,100%,100%)">X</span>`,
		`<span style="color:hsl(0,0%,100%)">X</span>`,
		`<span style="color:rgba(0,0,0,0)">X</span>`,
		`<span style="color:transparent">X</span>`,
		`<span style="color:#ffffff00">X</span>`,
		`<span style="color:#ffff">X</span>`,
		`<span style="-webkit-text-fill-color:white">X</span>`,
		`<div style="background:hsl(0 0% 0%)">X</div>`,
		`<div style="background:#000"><div style="background:white;color:#fff">X</div></div>`,
		`<td background="x.png" bgcolor="#ffffff"><font color="#ffffff">X</font></td>`,
		`<font color="white">X</font>`,
		`<div style="background:black">X</div>`,
		`<table bgcolor="#112233"><tr><td style="color:#112233">X</td></tr></table>`,
		`<div style="background-color:tomato"><b style="color:tomato">X</b></div>`,
		`<div style="background:#fff url(x.png) no-repeat"><b style="color:white">X</b></div>`,
		`<body bgcolor="white" text="white">X</body>`,
		`<div style="color:white"><p>X</p></div>`,
		`<div style="text-indent:-9999px">X</div>`,
		`<div style="position:absolute;left:-9999px">X</div>`,
		`<div style="position:absolute;left:-200em">X</div>`,
		`<div style="margin:0 0 0 -9999px">X</div>`,
		`<div style="transform:translateX(-9999px)">X</div>`,
		`<div style="transform:scale(0)">X</div>`,
		`<div style="clip:rect(0 0 0 0)">X</div>`,
		`<div style="clip-path:inset(100%)">X</div>`,
		`<div style="mso-hide:all">X</div>`,
		`<style>.h{display:none}</style><p class="a h">X</p>`,
		`<p class="h">X</p><style>p.h , q{display:none!important}</style>`,
		`<style>#h{font-size:0}</style><p id="h">X</p>`,
		`<style>.o .h{display:none}</style><div class="o"><p><b class="h">X</b></p></div>`,
		`<style>.o > .h{display:none}</style><div class="o"><b class="h">X</b></div>`,
		`<style>*{color:white}</style><p>X</p>`,
		`<style>/* .a{} */ @media screen{.h{display:none}}</style><p class="h">X</p>`,
		`<style>@import url(x);.h{color:#fff}</style><p class="h">X</p>`,
		`<style><!-- .h{display:none} --></style><p class="h">X</p>`,
		`<style>.h{display:none}.h{display:block}</style><p class="h">X</p>`,
		`<template>X</template><iframe>X</iframe><dialog>X</dialog>`,
		`<a href="https://x.example" style="display:none">X</a>`,
	} {
		require.Equal(t, "seen", visible(in+`<p style="color:black;background:white">seen</p>`), in)
	}
}

func TestTextKeepsWhatPeopleSee(t *testing.T) {
	for _, in := range []string{
		`<p aria-hidden="true">X</p>`,
		`<div style="background:#000"><b style="color:#fff">X</b></div>`,
		`<div style="background:rgb(0, 0, 0)"><b style="color:#fff">X</b></div>`,
		`<div style="background:url(dark.png)"><b style="color:#fff">X</b></div>`,
		`<div style="background:linear-gradient(#000,#111)"><b style="color:#fff">X</b></div>`,
		`<div style="background:#222 url(dark.png) no-repeat"><b style="color:#fff">X</b></div>`,
		`<div style="color:#fff"><a href="#">X</a></div>`,
		`<td style="font-size:0px"><div style="font-size:13px">X</div></td>`,
		`<td style="max-width:0;width:100%">X</td>`,
		`<table><tr><td width="0">X</td></tr></table>`,
		`<div style="width:0;min-width:100%">X</div>`,
		`<p style="line-height:0;margin:0;padding:0">X</p>`,
		`<p style="font:400 14px/20px Arial">X</p>`,
		`<p style="opacity:0.9;visibility:visible;display:inline">X</p>`,
		`<a href="#" style="background:#e75;color:#fff;mso-hide:all">X</a>`,
		`<style>@media (max-width:600px){.d{display:none}}</style><p class="d">X</p>`,
		`<style>@media print{.d{display:none}}</style><p class="d">X</p>`,
		`<style>@media (prefers-color-scheme:dark){p{color:#fff}}</style><p>X</p>`,
		`<style>.d:hover{display:none} a[x]{display:none} .e .d{display:none}</style><p class="d">X</p>`,
		`<style>.dd{display:none}</style><p class="d">X</p>`,
		`<!--[if mso]><style>.d{display:none}</style><![endif]--><p class="d">X</p>`,
		`<p style="color:#777">X</p>`,
		`<p style="color:inherit;font-size:medium;opacity:x;left:auto">X</p>`,
		`<p style="color:hsl(120,50%,50%);font-size:.9rem">X</p>`,
		`<p style="color:rgba(0,0,0,.8);font-size:90%">X</p>`,
		`<p style="color:rgb(a,b,c);background:none">X</p>`,
		`<table background="x.png"><tr><td style="color:#fff">X</td></tr></table>`,
		`<details><summary>X</summary></details>`,
	} {
		require.Equal(t, "X", Text(in), in)
	}
}

func TestTextLimits(t *testing.T) {
	t.Run("nested too deeply", func(t *testing.T) {
		text := Text("<p>first</p>" + strings.Repeat("<div>", 5000) + "deep")
		require.Contains(t, text, "first")
		require.Contains(t, text, "[the rest of this HTML is left out: ")
	})
	t.Run("a style behind the cut still hides", func(t *testing.T) {
		text := visible("<p>first</p><p class=h>X</p>" + strings.Repeat("<div>", 5000) + "<style>.h{display:none}</style>")
		require.Contains(t, text, "first")
		require.NotContains(t, text, "X")
	})
	t.Run("too long", func(t *testing.T) {
		text := Text("<p>first</p>" + strings.Repeat("<p>word</p>", maxHTML/11+1000))
		require.True(t, strings.HasPrefix(text, "first\n\nword"))
		require.Contains(t, text[len(text)-100:], "[the rest of this HTML is left out: ")
	})
	t.Run("too many rules", func(t *testing.T) {
		const n = 20000
		b := newWork(t.Context()).html("<p>first</p><style>" + strings.Repeat(".a .b{display:none}", n) + "</style><i class=a></i>" + strings.Repeat("<p class=b>X</p>", n))
		require.True(t, strings.HasPrefix(b.text, "first"))
		require.Less(t, strings.Count(b.text, "X"), n)
		require.Equal(t, n, strings.Count(b.text, "X")+strings.Count(b.doubtful, "X"), "nothing is lost")
	})
}

// visible returns what is mixed into the message, without the block of what may be hidden.
func visible(source string) string { return newWork(context.Background()).html(source).text }

func FuzzText(f *testing.F) {
	f.Add(`<div style="display:none">a</div><table><tr><td>b<ul><li><a href="x">c</a></table>`)
	f.Add(`<style>@media x{.a .b#c{color:rgb(1,2,3)}}</style><blockquote class=b>` + strings.Repeat("q ", 100))
	f.Add("On 3 Mar 2025 at 10:04, X wrote:\n> a\n\nFrom: a\nSent: b")
	f.Fuzz(func(t *testing.T, s string) {
		text := Text(s)
		require.True(t, utf8.ValidString(text))
		require.Equal(t, Clean(text), text)
		require.LessOrEqual(t, len(text), 20*len(s)+200)
	})
}
