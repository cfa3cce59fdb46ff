use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use slides_service::queue::State;

use crate::quantity::{parse_address, parse_duration, parse_size, parse_size_or_none};
use crate::sdk::AllowedHost;
use crate::settings::Settings;

/// Convert presentations: here, on a server of your own, or in the vendor's cloud.
#[derive(Debug, Parser)]
#[command(
    name = "slides",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Write JSON lines to standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Write nothing but data, warnings and errors.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Form of the log on standard error; `SLIDES_LOG=debug`, ... says how much of it.
    #[arg(long, global = true, value_enum, value_name = "FORM", default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// The same as `--log-format json`.
    #[arg(long, global = true, hide = true)]
    pub(crate) log_json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Convert decks in this process, without a server.
    Convert(ConvertArguments),
    /// Put slides of several decks into one.
    Merge(MergeArguments),
    /// Take a deck apart: a file for each slide.
    Split(SplitArguments),
    /// Say what a deck holds: slides, fonts and what replaces them, features, and what a conversion would draw otherwise.
    Info(InfoArguments),
    /// Draw small pictures of the slides: one each in a folder, or all on one sheet.
    Thumbs(ThumbsArguments),
    /// Tell which slides of two decks look different. Exit status: 0 none, 1 some, 2 it could not be told.
    Diff(DiffArguments),
    /// Serve the API from this machine.
    Serve(Box<ServeArguments>),
    /// Tell whether the server on this machine takes requests, for health checks.
    Ready(ReadyArguments),
    /// Start a conversion on a server and print its id.
    Start(StartArguments),
    /// Print where an operation stands.
    Status(IdArguments),
    /// Follow an operation to its end.
    Watch(WatchArguments),
    /// Fetch the result of a finished operation.
    Result(ResultArguments),
    /// Cancel an operation.
    Cancel(IdArguments),
    /// Check credentials of a server and keep them for the commands that talk to it.
    Login(LoginArguments),
    /// Forget credentials that `login` kept.
    Logout(LogoutArguments),
    /// Look at the queue of a server, and tidy it up.
    Queue(QueueArguments),
    /// Check what this machine has for conversions.
    Doctor(DoctorArguments),
    /// List the formats: which are written natively, which need LibreOffice, which are not written and why. With a
    /// format, list what becomes of its options.
    Formats(FormatsArguments),
    /// Make, change and remove clients in a server's credentials file.
    Clients(ClientsArguments),
    /// Change the keys that a server signs tokens or webhooks with.
    TokenKeys(TokenKeysArguments),
    /// Print the secret that a client checks its webhooks with.
    WebhookSecret(WebhookSecretArguments),
    /// Print the licences of this program, of the fonts in it, and of the crates it is made of.
    Licenses,
    /// Print what a shell needs to complete this command.
    Completions(CompletionsArguments),
    /// Print the manual page, or write those of all commands.
    Man(ManArguments),
}

#[derive(Debug, Args)]
#[command(
    override_usage = "slides convert [OPTIONS] <IN> <OUT>\n       slides convert [OPTIONS] --to <FORMAT> <IN>...",
    after_long_help = CONVERT_HELP
)]
pub(crate) struct ConvertArguments {
    /// A deck and the file to write; or, with `--to` or `--out-dir`, any number of decks, folders and patterns such as
    /// `'decks/**/*.pptx'`. `-` is standard input, or behind a deck standard output.
    ///
    /// The extension of OUT is the format. Several slides as pictures become `OUT_1.png`, `OUT_2.png`, ... unless OUT
    /// ends with `.zip`. Decks without an OUT are written beside themselves. Folders are searched with all that is
    /// below them.
    #[arg(value_name = "IN|OUT", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Format, where the extension of OUT does not say it: pdf, png, jpeg, svg, html, md, ... (`slides formats`).
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<String>,
    /// Write into this folder, which is made if it is not there; what is found in a folder keeps its place below it.
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Convert so many decks at the same time; default: processor cores, fewer when memory is short.
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Leave out decks whose result is newer than they are. Times alone are compared: after a change of options, or with
    /// another version of slides, convert without it.
    #[arg(long)]
    pub(crate) skip_unchanged: bool,
    #[command(flatten)]
    pub(crate) export: ExportArguments,
    /// Give up after this time, such as `90s` or `5m`; each deck has its own.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
}

const CONVERT_HELP: &str = "\
Examples:
  slides convert deck.pptx deck.pdf
  slides convert deck.pptx deck.png --slides 1,3-5     deck_1.png, deck_3.png, ...
  slides convert deck.pptx --to html                   deck.html beside it
  slides convert decks --to pdf --out-dir pdfs --skip-unchanged
  slides convert - - --to pdf < deck.pptx > deck.pdf
  slides convert deck.pptx deck.pdf --option compliance=PdfA2b   `slides formats pdf` lists them

Exit status: 0 all done, 1 a deck failed (the others are converted all the same), 2 the command line is wrong,
3 the time of `--timeout` was not enough (one deck).";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  slides merge intro.pptx talk.pptx -o all.pptx
  slides merge a.pptx:1,3-5 b.pptx a.pptx:6 -o mixed.pptx     chosen slides, in this order

The first deck gives slide size, properties and macros; slides keep their own masters, themes, notes and media.")]
pub(crate) struct MergeArguments {
    /// The decks, in order: files of the PPTX family, each with the slides to take behind a colon if not all of them.
    #[arg(value_name = "DECK[:LIST]", required = true)]
    pub(crate) decks: Vec<PathBuf>,
    /// The file to write; its extension is the format: pptx, ppsx, potx, pptm, ...
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  slides split deck.pptx                               deck-slides/deck_1.pptx, deck_2.pptx, ...
  slides split deck.pptx --to pdf --out-dir pdfs --slides 1,3-5

`slides merge` puts the files together again; links between them find their slides then.")]
pub(crate) struct SplitArguments {
    /// The deck: a file of the PPTX family.
    #[arg(value_name = "DECK")]
    pub(crate) deck: PathBuf,
    /// Format of the files; default: the deck's own.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<String>,
    /// Write into this folder, which is made if it is not there. Default: the folder `DECK-slides` beside the deck.
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) export: ExportArguments,
}

#[derive(Debug, Args)]
pub(crate) struct InfoArguments {
    /// The decks: files of the PPTX family.
    #[arg(value_name = "DECK", required = true)]
    pub(crate) decks: Vec<PathBuf>,
    /// Tell the warnings of this format instead of those of a PDF.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ThumbsArguments {
    /// The deck: a file of the PPTX family.
    #[arg(value_name = "DECK")]
    pub(crate) deck: PathBuf,
    /// A folder, made if it is not there, for a PNG each; or a file that ends with `.png` for all on one sheet. Default:
    /// the folder `DECK-thumbs` beside the deck.
    #[arg(value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Width of a picture in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = 320, value_parser = clap::value_parser!(u16).range(16..=4096))]
    pub(crate) width: u16,
    /// Pictures beside each other on a sheet; default: about as many as below each other.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) columns: Option<u16>,
    /// Slides to draw, such as `1,3-5`; default: all that are not hidden.
    #[arg(long, value_name = "LIST")]
    pub(crate) slides: Option<String>,
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
}

#[derive(Debug, Args)]
#[command(
    after_help = "What is compared is what is drawn: notes, animations and texts that nobody sees do not count. \
Hidden slides do. As with `diff`, the exit status is 0 when no slide differs, 1 when some do and 2 when it could not be told."
)]
pub(crate) struct DiffArguments {
    /// The deck as it was.
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The deck as it is.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Write the slides that differ, side by side, into this page.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Width in pixels in which slides are drawn and compared.
    #[arg(long, value_name = "PIXELS", default_value_t = 960, value_parser = clap::value_parser!(u16).range(64..=4096))]
    pub(crate) width: u16,
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
}

/// What is asked of a conversion.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// Slides to keep, such as `1,3-5`.
    #[arg(long, value_name = "LIST")]
    pub(crate) slides: Option<String>,
    /// Export option of the format, such as `jpegQuality=80`; may be repeated. `slides formats FORMAT` lists the keys
    /// and their values.
    #[arg(long = "option", value_name = "KEY=VALUE", action = ArgAction::Append)]
    pub(crate) options: Vec<String>,
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
}

/// Where the password of a deck comes from.
#[derive(Debug, Args)]
pub(crate) struct PasswordArguments {
    /// Ask for the deck's password on the terminal, unseen. Happens by itself for a protected deck when no password is
    /// given and there is a terminal.
    #[arg(long, group = "password_source")]
    pub(crate) ask_password: bool,
    /// Read the deck's password from the first line of a file.
    #[arg(long, value_name = "FILE", group = "password_source")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the deck's password from an environment variable.
    #[arg(long, value_name = "NAME", group = "password_source")]
    pub(crate) password_env: Option<String>,
    /// The deck's password; others on this machine can see it while the command runs.
    #[arg(long, value_name = "TEXT", group = "password_source")]
    pub(crate) password: Option<String>,
}

/// Which server is asked.
#[derive(Debug, Args)]
pub(crate) struct ReadyArguments {
    /// Address that the server listens on.
    #[arg(long, value_name = "ADDRESS", env = "SLIDES_LISTEN", default_value = "127.0.0.1:8080", value_parser = parse_address)]
    pub(crate) listen: SocketAddr,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArguments {
    /// File of settings: TOML with the names of these flags as keys, such as `max-body = "1G"`. Variables such as
    /// SLIDES_MAX_BODY go over it, flags over both.
    #[arg(long, value_name = "FILE", env = "SLIDES_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print each setting, what it is and where that comes from, and do nothing.
    #[arg(long)]
    pub(crate) print_config: bool,
    /// All settings as they were found.
    #[arg(skip)]
    pub(crate) settings: Settings,
    /// Address and port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = parse_address)]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) place: QueuePlace,
    /// Ask nobody for a token, even when credentials are set.
    #[arg(long, conflicts_with = "credentials_file")]
    pub(crate) no_auth: bool,
    /// Clients that may use the server, one a line: `slides clients` writes it, `id:secret` is read too.
    /// Read again on SIGHUP.
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials_file: Option<PathBuf>,
    /// Keys of tokens, made if it is not there; servers that answer for each other share it. Read again on SIGHUP.
    /// Default: `token.key` in the data folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_keys: Option<PathBuf>,
    /// Logins with a wrong secret a minute, of one client from one address; 0 for no limit.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) max_failed_logins: u32,
    /// Requests a minute of a client; 0 for no limit.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_requests_per_minute: u32,
    /// Take the address of a client from `X-Forwarded-For`: only behind a proxy that writes it.
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Id of the client that may use the server.
    #[arg(
        long,
        value_name = "ID",
        env = "SLIDES_CLIENT_ID",
        hide_env_values = true
    )]
    pub(crate) client_id: Option<String>,
    /// Allow an address that others can reach without any credentials.
    #[arg(long)]
    pub(crate) allow_open: bool,
    /// Conversions at the same time; default: processor cores. With 0 operations are accepted and
    /// kept, and run by a later start with more.
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<usize>,
    /// Run operations that other servers of the same queue accept, and answer `/livez`, `/readyz` and `/metrics` alone.
    #[arg(long)]
    pub(crate) only_workers: bool,
    /// How long operations that run may take to end when the server is told to end; what still runs then is given
    /// back to the queue.
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = parse_duration)]
    pub(crate) grace: Duration,
    /// LibreOffice's executable, or `off`; default: `soffice` on PATH, if there.
    #[arg(long, value_name = "PATH")]
    pub(crate) soffice: Option<PathBuf>,
    /// Largest request body, such as `200M`.
    #[arg(long, value_name = "SIZE", default_value = "200M", value_parser = parse_size)]
    pub(crate) max_body: u64,
    /// Largest file that the asynchronous upload takes into a storage.
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_size)]
    pub(crate) max_file: u64,
    /// Operations that may wait; more are refused.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) max_queue: u64,
    /// Operations of one client that may wait; default: half of `--max-queue` when there is more than one client.
    #[arg(long, value_name = "N")]
    pub(crate) max_client_queue: Option<u64>,
    /// Bytes of documents that may wait, such as `10G`.
    #[arg(long, value_name = "SIZE", default_value = "10G", value_parser = parse_size)]
    pub(crate) max_queued: u64,
    /// Free space of the data folder's disk; with less nothing is accepted; 0 for no such limit.
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_size_or_none)]
    pub(crate) min_free: u64,
    /// The same in percent of the disk; 0 for no such limit.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) min_free_percent: u8,
    /// Highest priority that a client may ask for.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub(crate) max_priority: i16,
    /// Longest run of an operation.
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = parse_duration)]
    pub(crate) job_timeout: Duration,
    /// How long a server may be silent before others take over what it runs.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_duration)]
    pub(crate) lease: Duration,
    /// Longest wait of a synchronous call, its time in the queue included.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_duration)]
    pub(crate) sync_timeout: Duration,
    /// Origin whose pages may call the server from a browser, such as `https://slides.example`, or `*`.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) cors_origin: Vec<String>,
    /// Memory of one conversion.
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_size)]
    pub(crate) job_memory: u64,
    /// Do not start unless conversions are refused files of others, programs and the network by the kernel.
    #[arg(long)]
    pub(crate) require_sandbox: bool,
    /// How long ended operations and their results are kept.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_duration)]
    pub(crate) retention: Duration,
    /// A storage, and where it lies: `NAME=local:/folder`, `NAME=memory:` or
    /// `NAME=s3://bucket/prefix?endpoint=URL&region=R`, with `versions=on` behind a `?` to keep old
    /// versions of files; may be repeated. Keys of S3 come from AWS_ACCESS_KEY_ID and
    /// AWS_SECRET_ACCESS_KEY.
    #[arg(long, value_name = "NAME=PLACE")]
    pub(crate) storage: Vec<String>,
    /// The storage that calls without a name mean.
    #[arg(long, value_name = "NAME", default_value = "Default")]
    pub(crate) default_storage: String,
    /// Sign webhooks with the keys of this file, made if it is not there; without one there are none. Read at the start.
    #[arg(long, value_name = "FILE")]
    pub(crate) webhook_keys: Option<PathBuf>,
    /// Host or network, such as `hooks.example` or `10.0.0.0/8`, that webhooks may go to although it is private, or
    /// over plain http; may be repeated.
    #[arg(long, value_name = "HOST|CIDR")]
    pub(crate) webhook_allow: Vec<AllowedHost>,
    /// Tell a collector of OpenTelemetry of each operation: its base address, such as `http://127.0.0.1:4318`. Headers for
    /// it come from OTEL_EXPORTER_OTLP_HEADERS.
    #[cfg(feature = "otlp")]
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub(crate) otlp_endpoint: Option<String>,
    /// Host or network that merges may take presentations from by address (`Url`), also if it is private, or `*` for
    /// every public one over https; may be repeated. Default: none.
    #[arg(long, value_name = "HOST|CIDR|*")]
    pub(crate) allow_url_sources: Vec<String>,
    /// Serve no page for people at `/ui`.
    #[arg(long)]
    pub(crate) no_ui: bool,
    /// Put the vendor's sentences into errors about missing files, as the vendor's own tests want them.
    #[arg(long)]
    pub(crate) vendor_messages: bool,
}

/// Where the queue of a server is.
#[derive(Debug, Clone, Args)]
pub(crate) struct QueuePlace {
    /// Folder of queue, results and storages.
    #[arg(long, value_name = "DIR", default_value = "slides-data")]
    pub(crate) data: PathBuf,
    /// PostgreSQL database of the queue, for several servers on one: `postgres://user:password@host/database`;
    /// default: a file in the data folder.
    #[cfg(feature = "postgres")]
    #[arg(
        long,
        value_name = "URL",
        env = "SLIDES_DATABASE",
        hide_env_values = true
    )]
    pub(crate) database: Option<String>,
    /// Schema of the queue's tables in that database.
    #[cfg(feature = "postgres")]
    #[arg(long, value_name = "NAME", default_value = "slides")]
    pub(crate) database_schema: String,
    /// Where uploads and results are kept, if not in the data folder: `local:/folder` or
    /// `s3://bucket/prefix?endpoint=URL&region=R`. Servers that share a queue share it.
    #[arg(long, value_name = "PLACE", env = "SLIDES_BLOBS")]
    pub(crate) blobs: Option<String>,
    /// File with 32 bytes or more that requests are sealed with, the same for all servers of a queue;
    /// default: a key of its own in the data folder.
    #[arg(long, value_name = "FILE", env = "SLIDES_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct QueueArguments {
    #[command(flatten)]
    pub(crate) place: QueuePlace,
    #[command(subcommand)]
    pub(crate) command: QueueCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// List operations, the oldest first.
    Ls(ListArguments),
    /// Print all that is known of an operation.
    Show {
        /// The operation.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Start ended operations once more, as new ones, and print their ids.
    Retry {
        /// The operations.
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
    /// Cancel operations that wait or run.
    Cancel {
        /// The operations.
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
    /// Remove ended operations and their results before their time.
    Prune(PruneArguments),
    /// Write the whole queue with its documents and results into an archive. No server may use it meanwhile.
    Export {
        /// The archive, which must not exist.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put the operations of an archive in. No server may use the queue meanwhile.
    Import(ImportArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only those in this state, such as `Failed`; may be repeated.
    #[arg(long, value_name = "STATE")]
    pub(crate) status: Vec<State>,
    /// Only those of this client.
    #[arg(long, value_name = "ID")]
    pub(crate) client: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct PruneArguments {
    /// Only those that ended longer ago, such as `1h`.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) older_than: Option<Duration>,
    /// Only those in this state, such as `Failed`; may be repeated.
    #[arg(long, value_name = "STATE")]
    pub(crate) status: Vec<State>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The archive that `export` wrote.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Key file of the queue that the archive comes from, if it is another: its `--key-file`, or `queue.key` in its
    /// data folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) from_key: Option<PathBuf>,
}

/// Which server, and who asks. What is not said here or in the environment comes from `slides login`.
#[derive(Debug, Args)]
pub(crate) struct ServerArguments {
    /// The server; default: that of the last `slides login`, or `http://127.0.0.1:8080`.
    #[arg(long, value_name = "URL", env = "SLIDES_SERVER")]
    pub(crate) server: Option<String>,
    /// Client id; the secret comes from SLIDES_CLIENT_SECRET. Default: who logged in to the server.
    #[arg(
        long,
        value_name = "ID",
        env = "SLIDES_CLIENT_ID",
        hide_env_values = true
    )]
    pub(crate) client_id: Option<String>,
    /// Where tokens come from, if not from the server itself.
    #[arg(long, value_name = "URL", env = "SLIDES_AUTH_SERVER")]
    pub(crate) auth_server: Option<String>,
    /// Send credentials over plain http to another machine.
    #[arg(long)]
    pub(crate) allow_plain_http: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LoginArguments {
    /// The server; default: `http://127.0.0.1:8080`.
    #[arg(value_name = "URL", env = "SLIDES_SERVER")]
    pub(crate) server: Option<String>,
    /// Client id; asked for on a terminal.
    #[arg(
        long,
        value_name = "ID",
        env = "SLIDES_CLIENT_ID",
        hide_env_values = true
    )]
    pub(crate) client_id: Option<String>,
    /// Read the secret from the first line of a file; else it comes from SLIDES_CLIENT_SECRET, or is asked for on a
    /// terminal, unseen.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Where tokens come from, if not from the server itself.
    #[arg(long, value_name = "URL", env = "SLIDES_AUTH_SERVER")]
    pub(crate) auth_server: Option<String>,
    /// Send credentials over plain http to another machine, now and later.
    #[arg(long)]
    pub(crate) allow_plain_http: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogoutArguments {
    /// The server; default: that of the last login.
    #[arg(value_name = "URL", conflicts_with = "all")]
    pub(crate) server: Option<String>,
    /// Forget all servers.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StartArguments {
    /// The deck: a file here, or with `--stored` a path in the server's storage.
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Format of the result.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: String,
    /// The deck lies in the server's storage.
    #[arg(long)]
    pub(crate) stored: bool,
    /// Save the result in the server's storage under this path.
    #[arg(long, value_name = "PATH")]
    pub(crate) out_path: Option<String>,
    /// Name of the storage.
    #[arg(long, value_name = "NAME")]
    pub(crate) storage: Option<String>,
    /// Storage folder with fonts.
    #[arg(long, value_name = "PATH")]
    pub(crate) fonts_folder: Option<String>,
    #[command(flatten)]
    pub(crate) export: ExportArguments,
    /// Longest run of the operation on the server.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Two starts with one key make one operation.
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Address that the server tells of the end.
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: Option<String>,
    /// Of what waits, the server runs operations of a higher priority first; 0 is the usual one.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub(crate) priority: i16,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(crate) struct IdArguments {
    /// The operation.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(crate) struct WatchArguments {
    /// The operation.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Give up after this time; the operation goes on.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ResultArguments {
    /// The operation.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Where the result goes.
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

#[derive(Debug, Args)]
pub(crate) struct FormatsArguments {
    /// List what becomes of the options of this format.
    #[arg(value_name = "FORMAT")]
    pub(crate) format: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// The data folder that `serve` would use.
    #[arg(long, value_name = "DIR", default_value = "slides-data")]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ClientsArguments {
    #[command(subcommand)]
    pub(crate) command: ClientsCommand,
    /// The credentials file.
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        default_value = "slides-clients"
    )]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClientsCommand {
    /// Make a client and print its secret, of which only a hash is kept.
    Add {
        /// The client's id.
        id: String,
    },
    /// Give a client a new secret beside its newest, and print it.
    Rotate {
        /// The client's id.
        id: String,
    },
    /// Take all secrets but the newest from a client.
    Retire {
        /// The client's id.
        id: String,
    },
    /// Remove a client.
    Remove {
        /// The client's id.
        id: String,
    },
    /// Print the ids of the clients.
    List,
}

#[derive(Debug, Args)]
pub(crate) struct TokenKeysArguments {
    #[command(subcommand)]
    pub(crate) command: TokenKeysCommand,
    /// The key file.
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        default_value = "slides-data/token.key"
    )]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct WebhookSecretArguments {
    /// The client's id; none for a server without credentials.
    #[arg(value_name = "ID", default_value = "")]
    pub(crate) id: String,
    /// The key file of webhooks.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
bash:  slides completions bash > ~/.local/share/bash-completion/completions/slides
zsh:   slides completions zsh > ~/.zfunc/_slides      (with ~/.zfunc in fpath before compinit)
fish:  slides completions fish > ~/.config/fish/completions/slides.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "To install: slides man --out-dir ~/.local/share/man/man1")]
pub(crate) struct ManArguments {
    /// Write a page for each command into this folder, which is made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum TokenKeysCommand {
    /// Add the next key, which is taken but does not sign yet: servers that share the file know it before one of
    /// them uses it.
    Prepare,
    /// Sign with the next key, a new one if none is prepared. The last two are still taken.
    Rotate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
