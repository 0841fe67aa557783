//! What a name may be mistaken for: the vendor's roots, shared infrastructure, other lists' canaries.

/// Names beneath which the vendor keeps everything: telemetry, updates, account, shop. Beneath each, the records of
/// `blocklists/` or the vendor's own sites have hosts of different use; `xiaomi.eu` is not among them, it belongs to
/// people who build systems of their own.
pub(super) const VENDOR_ROOTS: [&str; 23] = [
    "mi.com",
    "io.mi.com",
    "api.io.mi.com",
    "miui.com",
    "miui.net",
    "d.miui.com",
    "intl.miui.com",
    "xiaomi.com",
    "api.xiaomi.com",
    "intl.xiaomi.com",
    "india.xiaomi.com",
    "eu.xiaomi.com",
    "rus.xiaomi.com",
    "xiaomi.net",
    "xiaomi.cn",
    "xiaomiyoupin.com",
    "xiaomicp.com",
    "mi-img.com",
    "mi-fds.com",
    "mi-idc.com",
    "mifile.cn",
    "po.co",
    "redmi.com",
];

/// Names shared by unrelated owners: content networks, load balancers, object stores. Each is the suffix to which its
/// operator's manual has customers point an alias (Akamai, Alibaba, Amazon, Azure, Baidu, Cloudflare, Fastly, Google,
/// Kingsoft, Qiniu, Tencent, Wangsu), or on which it serves them.
pub(super) const SHARED: [&str; 43] = [
    "akadns.net",
    "akamai.net",
    "akamaiedge.net",
    "akamaihd.net",
    "akamaized.net",
    "alicdn.com",
    "alikunlun.com",
    "aliyuncs.com",
    "amazonaws.com",
    "appspot.com",
    "awsglobalaccelerator.com",
    "azure.com",
    "azureedge.net",
    "azurewebsites.net",
    "b-cdn.net",
    "bcebos.com",
    "bdydns.com",
    "bytecdn.cn",
    "cdn20.com",
    "cdngslb.com",
    "cdnetworks.net",
    "chinacache.net",
    "cloudapp.net",
    "cloudflare.net",
    "cloudfront.net",
    "edgekey.net",
    "edgesuite.net",
    "fastly.net",
    "fastlylb.net",
    "googleapis.com",
    "googleusercontent.com",
    "kunlunaq.com",
    "ks-cdn.com",
    "ksyuncdn.com",
    "ksyuncs.com",
    "lxdns.com",
    "myqcloud.com",
    "qiniudns.com",
    "qiniucdn.com",
    "tcdn.qq.com",
    "trafficmanager.net",
    "wscdns.com",
    "wsdvs.com",
];

/// Names by which others find out whether a list, or a resolver, is at work: RFC 7050, RFC 9462, Apple's notes for network operators on iCloud Private Relay and its connectivity check, GoodbyeAds.
pub(super) const CANARIES: [&str; 7] = [
    "ipv4only.arpa",
    "resolver.arpa",
    "mask.icloud.com",
    "mask-h2.icloud.com",
    "captive.apple.com",
    "watchdog.goodbyeads",
    "watchdog.goodbyeads.xiaomi",
];

/// Labels, and parts of labels between hyphens, of machines that no owner's phone asks for.
pub(super) const INTERNAL: [&str; 19] = [
    "staging",
    "stage",
    "stg",
    "preview",
    "pre",
    "prerelease",
    "sandbox",
    "testing",
    "test",
    "dev",
    "uat",
    "qa",
    "internal",
    "intranet",
    "corp",
    "localhost",
    "local",
    "lan",
    "office",
];

/// Top-level names that no public resolver answers (RFC 2606, RFC 6761, RFC 6762, RFC 9476, ICANN's `internal`).
pub(super) const PRIVATE_TLDS: [&str; 11] = [
    "alt",
    "arpa",
    "corp",
    "example",
    "home",
    "internal",
    "invalid",
    "lan",
    "local",
    "localhost",
    "test",
];

/// Repositories of lists under the GPL, the LGPL, the MPL or no licence, `owner/name` in small letters: places to look.
/// What people wrote in their issues may be cited, a file of theirs never.
pub(super) const NOT_TO_COUNT: [&str; 14] = [
    // MPL-2.0
    "badmojr/1hosts",
    "hagezi/dns-blocklists",
    // The same list on GitLab and Codeberg.
    "hagezi/mirror",
    "hagezi/mirror2",
    "adguardteam/adguardsdnsfilter",
    "adguardteam/adguardfilters",
    "adguardteam/filtersregistry",
    "easylist/easylist",
    "unknownfallen/xiaomi-dns-blocklist",
    "nextdns/native-tracking-domains",
    "sjhgvr/oisd",
    "quidsup/notrack-blocklists",
    "notracking/hosts-blocklists",
    "blocklistproject/lists",
];

/// Hosts whose pages need an account, an app, or vanish: no reader can check what stood there.
pub(super) const UNOPENABLE: [&str; 10] = [
    "play.google.com",
    "apps.apple.com",
    "app.mi.com",
    "t.me",
    "discord.com",
    "discord.gg",
    "drive.google.com",
    "docs.google.com",
    "pastebin.com",
    "facebook.com",
];

/// Networks that no public server has (the IANA registries of special-purpose addresses, RFC 6890).
pub(super) const SPECIAL_NETWORKS: [(&str, &str); 19] = [
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "a carrier's own"),
    ("127.0.0.0/8", "this machine"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocols"),
    ("192.0.2.0/24", "examples"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "measurements"),
    ("198.51.100.0/24", "examples"),
    ("203.0.113.0/24", "examples"),
    ("224.0.0.0/3", "multicast, reserved"),
    ("::/127", "none, this machine"),
    ("64:ff9b::/96", "IPv4 behind NAT64; write the IPv4 address"),
    ("2001:db8::/32", "examples"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
];

/// Networks that unrelated owners share, as their operators publish them (pages "IP ranges" of Cloudflare, Fastly, Google
/// and AWS for CloudFront), and public resolvers: a block there would take others along. A choice, not all that there are.
pub(super) const SHARED_NETWORKS: [(&str, &str); 14] = [
    ("1.0.0.0/24", "Cloudflare's resolver"),
    ("1.1.1.0/24", "Cloudflare's resolver"),
    ("8.8.4.0/24", "Google's resolver"),
    ("8.8.8.0/24", "Google's resolver"),
    ("9.9.9.0/24", "Quad9"),
    ("223.5.5.0/24", "Alibaba's resolver"),
    ("223.6.6.0/24", "Alibaba's resolver"),
    ("104.16.0.0/13", "Cloudflare"),
    ("104.24.0.0/14", "Cloudflare"),
    ("172.64.0.0/13", "Cloudflare"),
    ("151.101.0.0/16", "Fastly"),
    ("13.224.0.0/14", "CloudFront"),
    ("2606:4700::/32", "Cloudflare"),
    ("2001:4860:4860::/48", "Google's resolver"),
];
