//! What the demo says when all is ready: what to open, what to try, which tokens to use.

use std::fmt::Write as _;
use std::path::Path;

use console::{measure_text_width, style};
use domain::EntryId;

/// What the tour speaks of.
#[derive(Debug)]
pub struct Tour<'a> {
    /// The public listener, as a client on this host reaches it.
    pub public: &'a str,
    /// The admin listener.
    pub admin: &'a str,
    /// Where everything is kept.
    pub data_dir: &'a Path,
    /// Whether the folder goes when the demo ends.
    pub temporary: bool,
    /// How many departments, items and entries there are.
    pub counts: [usize; 3],
    /// An entry that several districts offer, and its name.
    pub entry: Option<(EntryId, String)>,
    /// The folder that holds the tokens.
    pub tokens: &'a Path,
}

const WIDTH: usize = 78;

impl Tour<'_> {
    /// The tour as text; in colour where standard output is a terminal.
    pub fn text(&self) -> String {
        let mut text = self.head();
        self.open(&mut text);
        self.read(&mut text);
        self.call(&mut text);
        self.people(&mut text);
        let end = "按 Ctrl-C 结束 · Ctrl-C ends the demo";
        line(&mut text, &style(end).dim().to_string());
        text
    }

    fn head(&self) -> String {
        let [departments, items, entries] = self.counts;
        let kept = if self.temporary { "（退出即删除 · removed at the end）" } else { "" };
        let lines = [
            style("一门 Yimen").bold().to_string() + "  政务服务统一入口网关 · one door to public services",
            format!("{departments} 个部门 departments · {items} 个事项 items → {entries} 个办事入口 entries"),
            format!("数据 data  {}{kept}", self.data_dir.display()),
        ];
        let mut text = format!("\n╭{}╮\n", "─".repeat(WIDTH));
        for content in lines {
            let blank = WIDTH.saturating_sub(measure_text_width(&content) + 2);
            line(&mut text, &format!("│ {content}{} │", " ".repeat(blank)));
        }
        line(&mut text, &format!("╰{}╯", "─".repeat(WIDTH)));
        text
    }

    fn open(&self, text: &mut String) {
        section(text, "打开", "open");
        pair(text, "接口文档 API documents", &format!("{}/docs", self.public));
        pair(text, "健康 health", &format!("{}/readyz", self.admin));
        pair(text, "指标 metrics", &format!("{}/metrics", self.admin));
    }

    fn read(&self, text: &mut String) {
        let catalogue = format!("{}/catalogue/v1", self.public);
        section(text, "查目录", "read the catalogue");
        command(text, "列表 list", &format!("curl -s '{catalogue}/entries?limit=5'"));
        command(
            text,
            "搜索 search",
            &format!("curl -s --get '{catalogue}/entries' --data-urlencode 'q=养老'"),
        );
        command(text, "联想 suggest", &format!("curl -s '{catalogue}/suggest?q=jhdj'"));
        if let Some((entry, name)) = &self.entry {
            command(
                text,
                &format!("一个入口 one entry：{name}"),
                &format!("curl -s {catalogue}/entries/{entry}"),
            );
        }
    }

    fn call(&self, text: &mut String) {
        let Some((entry, _)) = &self.entry else { return };
        let call = format!("{}/call/$ENTRY", self.public);
        let asks = "-H \"Authorization: Bearer $TOKEN\" -H 'Service-Region: ";
        section(text, "办事：一次认证，按区分流", "call: one identity check, routed by region");
        line(text, &format!("  ENTRY={entry}"));
        line(text, &format!("  TOKEN=$(cat {})", self.tokens.join("citizen").display()));
        let echo = format!("curl -s {call}/echo {asks}");
        command(text, "看看后端收到了什么 what the backend receives", &format!("{echo}330106'"));
        command(text, "余杭区也办 the same service in Yuhang", &format!("{echo}330110'"));
        let apply = format!("curl -s {call}/applications {asks}330106' --json '{{}}'");
        command(text, "提交申请 apply", &apply);
        let progress = format!("curl -sN {call}/events {asks}330106'");
        command(text, "办件进度（事件流） progress as server-sent events", &progress);
    }

    fn people(&self, text: &mut String) {
        section(text, "令牌", "tokens (development only)");
        line(
            text,
            &format!(
                "  {}",
                self.tokens
                    .join("{citizen,clerk,departmentReviewer,reviewer,steward,operator,auditor}")
                    .display()
            ),
        );
        let registry = format!("{}/registry/v1", self.public);
        command(
            text,
            "待审事项 the review queue",
            &format!("curl -s '{registry}/reviews?stage=catalogue' -H \"{}\"", self.bearer("reviewer")),
        );
        command(
            text,
            "疑似重复 suspected duplicates",
            &format!("curl -s {registry}/duplicate-cases -H \"{}\"", self.bearer("steward")),
        );
        text.push('\n');
    }

    fn bearer(&self, name: &str) -> String {
        format!("Authorization: Bearer $(cat {})", self.tokens.join(name).display())
    }
}

fn line(text: &mut String, content: &str) {
    // Writing to a String can't fail.
    let _ = writeln!(text, "{content}");
}

fn section(text: &mut String, chinese: &str, english: &str) {
    line(text, &format!("\n{} {}", style(format!("▍{chinese}")).cyan().bold(), style(english).dim()));
}

fn pair(text: &mut String, name: &str, address: &str) {
    let blank = 26_usize.saturating_sub(measure_text_width(name));
    line(text, &format!("  {name}{}{}", " ".repeat(blank), style(address).underlined()));
}

fn command(text: &mut String, name: &str, what: &str) {
    line(text, &format!("  {}", style(format!("# {name}")).dim()));
    line(text, &format!("  {what}"));
}

#[cfg(test)]
mod tests {
    use domain::ItemId;

    use super::*;

    #[test]
    fn the_tour_leads_everywhere() {
        let item = ItemId::new(&"local:a".parse().expect("an id"), &"1".parse().expect("a code"));
        let tour = Tour {
            public: "http://127.0.0.1:8080",
            admin: "http://127.0.0.1:9090",
            data_dir: Path::new("/data"),
            temporary: true,
            counts: [19, 234, 150],
            entry: Some((EntryId::founded_by(item), "食品经营许可核发".to_owned())),
            tokens: Path::new("/data/tokens"),
        };
        let text = console::strip_ansi_codes(&tour.text()).into_owned();
        for part in [
            "http://127.0.0.1:8080/docs",
            "q=养老",
            "/echo",
            "/events",
            "Service-Region: 330110",
            "TOKEN=$(cat /data/tokens/citizen)",
            "234 个事项",
        ] {
            assert!(text.contains(part), "{text}\nlacks {part}");
        }
        let boxed: Vec<_> =
            text.lines().filter(|line| line.starts_with(['╭', '│', '╰'])).map(measure_text_width).collect();
        assert!(boxed.iter().all(|width| *width == WIDTH + 2), "{boxed:?}");
    }

    #[test]
    fn without_a_sample_there_is_nothing_to_call() {
        let tour = Tour {
            public: "p",
            admin: "a",
            data_dir: Path::new("/data"),
            temporary: false,
            counts: [0; 3],
            entry: None,
            tokens: Path::new("/t"),
        };
        assert!(!tour.text().contains("/call/"));
    }
}
