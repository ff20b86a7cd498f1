//! The units, what they start, and what systemd 252 makes of them. It has more than 400 lines because it is one table.

/// What becomes of a unit that is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is active.
    Runs,
    /// It ran and has ended well.
    Ends,
    /// It has failed.
    Fails,
    /// It is loaded and was not started.
    NotStarted,
    /// systemd does not load it.
    Refused,
}

impl Fate {
    /// Whether nobody means it.
    pub(super) fn is_bad(self) -> bool {
        !matches!(self, Self::Runs | Self::Ends)
    }
}

/// One unit of the table.
pub(super) struct Row {
    pub(super) unit: &'static str,
    pub(super) text: &'static str,
    pub(super) fate: Fate,
    /// The check that warns of it.
    pub(super) warns: Option<&'static str>,
}

const fn row(unit: &'static str, text: &'static str, fate: Fate) -> Row {
    Row { unit, text, fate, warns: None }
}

const fn warned(unit: &'static str, text: &'static str, fate: Fate, check: &'static str) -> Row {
    Row { unit, text, fate, warns: Some(check) }
}

/// The programs: name, content, mode.
pub(super) const PROGRAMS: &[(&str, &str, u32)] = &[
    ("program", "#!/bin/sh\nexec sleep infinity\n", 0o755),
    ("no-right", "#!/bin/sh\nexec sleep infinity\n", 0o644),
    ("no-interpreter", "#!/usr/bin/judged-absent\n", 0o755),
    ("env-absent", "#!/usr/bin/env judged-absent\n", 0o755),
    ("env-two-words", "#!/usr/bin/env sh -e\nexec sleep infinity\n", 0o755),
    ("dos-lines", "#!/bin/sh\r\nexec sleep infinity\r\n", 0o755),
    ("byte-order-mark", "\u{feff}#!/bin/sh\nexec sleep infinity\n", 0o755),
    ("no-first-line", "exec sleep infinity\n", 0o755),
    ("empty-program", "", 0o755),
];

/// The units of which `check` and the machine do not agree, each with the reason.
pub(super) const EXCEPTIONS: &[(&str, &str)] = &[
    ("judged-absent-program-dash.service", "the `-` states that it may be absent"),
    ("judged-write-absent.service", "a program may make it below `/var`: a warning"),
    ("judged-condition.service", "a condition that is not met is not a fault"),
];

pub(super) const UNITS: &[Row] = &[
    row("judged-plain.service", "[Service]\nExecStart=/usr/bin/sleep infinity\n", Fate::Runs),
    row("judged-absent-program.service", "[Service]\nExecStart=/usr/bin/judged-absent\n", Fate::Fails),
    warned(
        "judged-absent-program-dash.service",
        "[Service]\nExecStart=-/usr/bin/judged-absent\n",
        Fate::NotStarted,
        "exec-missing",
    ),
    row("judged-by-name.service", "[Service]\nExecStart=sleep infinity\n", Fate::Runs),
    row("judged-by-name-absent.service", "[Service]\nExecStart=judged-absent infinity\n", Fate::Fails),
    row("judged-program.service", "[Service]\nExecStart=/usr/libexec/judged/program\n", Fate::Runs),
    row("judged-no-right.service", "[Service]\nExecStart=/usr/libexec/judged/no-right\n", Fate::Fails),
    row(
        "judged-no-interpreter.service",
        "[Service]\nExecStart=/usr/libexec/judged/no-interpreter\n",
        Fate::Fails,
    ),
    row("judged-env-absent.service", "[Service]\nExecStart=/usr/libexec/judged/env-absent\n", Fate::Fails),
    row(
        "judged-env-two-words.service",
        "[Service]\nExecStart=/usr/libexec/judged/env-two-words\n",
        Fate::Fails,
    ),
    row("judged-dos-lines.service", "[Service]\nExecStart=/usr/libexec/judged/dos-lines\n", Fate::Fails),
    row(
        "judged-byte-order-mark.service",
        "[Service]\nExecStart=/usr/libexec/judged/byte-order-mark\n",
        Fate::Fails,
    ),
    row(
        "judged-no-first-line.service",
        "[Service]\nExecStart=/usr/libexec/judged/no-first-line\n",
        Fate::Fails,
    ),
    row(
        "judged-empty-program.service",
        "[Service]\nExecStart=/usr/libexec/judged/empty-program\n",
        Fate::Fails,
    ),
    row("judged-a-directory.service", "[Service]\nExecStart=/usr/libexec/judged\n", Fate::Fails),
    row(
        "judged-in-locked.service",
        "[Service]\nUser=judged\nExecStart=/usr/libexec/locked/program\n",
        Fate::Fails,
    ),
    row("judged-in-locked-root.service", "[Service]\nExecStart=/usr/libexec/locked/program\n", Fate::Runs),
    row("judged-for-root.service", "[Service]\nUser=judged\nExecStart=/usr/libexec/for-root\n", Fate::Fails),
    row("judged-for-root-root.service", "[Service]\nExecStart=/usr/libexec/for-root\n", Fate::Runs),
    row("judged-no-start.service", "[Service]\nType=simple\n", Fate::Refused),
    row("judged-empty-section.service", "[Service]\n", Fate::Refused),
    row(
        "judged-two-starts.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nExecStart=/usr/bin/true\n",
        Fate::Refused,
    ),
    row(
        "judged-two-starts-oneshot.service",
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/true\nExecStart=/usr/bin/true\n",
        Fate::Runs,
    ),
    row(
        "judged-start-reset.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nExecStart=\nExecStart=/usr/bin/sleep infinity\n",
        Fate::Runs,
    ),
    row("judged-misspelt-section.service", "[Sevice]\nExecStart=/usr/bin/sleep infinity\n", Fate::Refused),
    row(
        "judged-pre-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nExecStartPre=/usr/bin/judged-absent\n",
        Fate::Fails,
    ),
    warned(
        "judged-pre-absent-dash.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nExecStartPre=-/usr/bin/judged-absent\n",
        Fate::Runs,
        "exec-missing",
    ),
    row(
        "judged-user-known.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nUser=judged\n",
        Fate::Runs,
    ),
    row(
        "judged-user-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nUser=judged-absent\n",
        Fate::Fails,
    ),
    row(
        "judged-group-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nGroup=judged-absent\n",
        Fate::Fails,
    ),
    row(
        "judged-more-groups-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nSupplementaryGroups=judged-absent\n",
        Fate::Fails,
    ),
    row(
        "judged-dynamic-user.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nDynamicUser=yes\n",
        Fate::Runs,
    ),
    warned(
        "judged-type-misspelt.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nType=simpel\n",
        Fate::Runs,
        "unit-value",
    ),
    warned(
        "judged-restart-misspelt.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nRestart=allways\n",
        Fate::Runs,
        "unit-value",
    ),
    warned(
        "judged-unknown-directive.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nRestrat=always\n",
        Fate::Runs,
        "unit-directive",
    ),
    warned(
        "judged-bad-span.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nTimeoutStartSec=10x\n",
        Fate::Runs,
        "unit-value",
    ),
    warned(
        "judged-bad-boolean.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nPrivateTmp=maybe\n",
        Fate::Runs,
        "unit-value",
    ),
    warned(
        "judged-bad-limit.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nLimitNOFILE=many\n",
        Fate::Runs,
        "unit-value",
    ),
    row(
        "judged-good-limit.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nLimitNOFILE=1024:4096\n",
        Fate::Runs,
    ),
    row(
        "judged-good-span.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nTimeoutStartSec=1min 30s\n",
        Fate::Runs,
    ),
    row(
        "judged-x-section.service",
        "[X-Judged]\nKey=value\n\n[Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::Runs,
    ),
    row(
        "judged-requires-masked.service",
        "[Unit]\nRequires=debug-shell.service\n[Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::NotStarted,
    ),
    row(
        "judged-requires-other.service",
        "[Unit]\nRequires=judged-plain.service\nAfter=judged-plain.service\n\
         [Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::Runs,
    ),
    row(
        "judged-requires-conflicting.service",
        "[Unit]\nRequires=judged-plain.service\nConflicts=judged-plain.service\n\
         [Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::NotStarted,
    ),
    row(
        "judged-after-each-other-a.service",
        "[Unit]\nRequires=judged-after-each-other-b.service\nAfter=judged-after-each-other-b.service\n\
         [Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::NotStarted,
    ),
    row(
        "judged-after-each-other-b.service",
        "[Unit]\nRequires=judged-after-each-other-a.service\nAfter=judged-after-each-other-a.service\n\
         [Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::NotStarted,
    ),
    row(
        "judged-requires-absent.service",
        "[Unit]\nRequires=judged-nothing.service\n\n[Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::NotStarted,
    ),
    row(
        "judged-binds-absent.service",
        "[Unit]\nBindsTo=judged-nothing.service\n\n[Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::NotStarted,
    ),
    row(
        "judged-wants-absent.service",
        "[Unit]\nWants=judged-nothing.service\n\n[Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::Runs,
    ),
    row(
        "judged-after-absent.service",
        "[Unit]\nAfter=judged-nothing.service\n\n[Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::Runs,
    ),
    row(
        "judged-condition.service",
        "[Unit]\nConditionPathExists=/judged/absent\n\n[Service]\nExecStart=/usr/bin/sleep infinity\n",
        Fate::NotStarted,
    ),
    row(
        "judged-environment-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nEnvironmentFile=/etc/judged-absent.env\n",
        Fate::Fails,
    ),
    row(
        "judged-environment-absent-dash.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nEnvironmentFile=-/etc/judged-absent.env\n",
        Fate::Runs,
    ),
    row(
        "judged-environment.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nEnvironmentFile=/etc/judged.env\n",
        Fate::Runs,
    ),
    row(
        "judged-directory-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nWorkingDirectory=/usr/lib/judged-absent\n",
        Fate::Fails,
    ),
    row(
        "judged-directory-absent-dash.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nWorkingDirectory=-/usr/lib/judged-absent\n",
        Fate::Runs,
    ),
    row(
        "judged-directory-of-runtime.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nRuntimeDirectory=judged\nWorkingDirectory=/run/judged\n",
        Fate::Runs,
    ),
    row(
        "judged-write-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nReadWritePaths=/var/lib/judged-absent\n",
        Fate::Fails,
    ),
    row(
        "judged-write-absent-dash.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nReadWritePaths=-/var/lib/judged-absent\n",
        Fate::Runs,
    ),
    row(
        "judged-write-state.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nStateDirectory=judged\nReadWritePaths=/var/lib/judged\n",
        Fate::Runs,
    ),
    row(
        "judged-bind-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nBindReadOnlyPaths=/usr/lib/judged-absent\n",
        Fate::Fails,
    ),
    row(
        "judged-credential-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nLoadCredential=token:/etc/judged-absent.token\n",
        Fate::Fails,
    ),
    row(
        "judged-root-absent.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nRootDirectory=/usr/lib/judged-absent\n",
        Fate::Fails,
    ),
    row("judged-timer.timer", "[Timer]\nOnCalendar=daily\nUnit=judged-plain.service\n", Fate::Runs),
    row("judged-timer-alone.timer", "[Timer]\nOnCalendar=daily\n", Fate::NotStarted),
    row("judged-timer-empty.timer", "[Timer]\nUnit=judged-plain.service\n", Fate::Refused),
    row("judged-timer-bad.timer", "[Timer]\nOnCalendar=dayly\nUnit=judged-plain.service\n", Fate::Refused),
    row(
        "judged-socket.socket",
        "[Socket]\nListenStream=/run/judged.socket\nService=judged-unused.service\n",
        Fate::Runs,
    ),
    row("judged-unused.service", "[Service]\nExecStart=/usr/bin/sleep infinity\n", Fate::Runs),
    row("judged-socket-alone.socket", "[Socket]\nListenStream=/run/judged-alone.socket\n", Fate::NotStarted),
    row("judged-socket-empty.socket", "[Socket]\nService=judged-plain.service\n", Fate::Refused),
    row("judged-path.path", "[Path]\nPathExists=/judged/absent\nUnit=judged-plain.service\n", Fate::Runs),
    row("judged-path-empty.path", "[Path]\nUnit=judged-plain.service\n", Fate::Refused),
    row("run-judged.mount", "[Mount]\nWhat=tmpfs\nType=tmpfs\nWhere=/run/judged\n", Fate::Runs),
    row(
        "run-judged\\x2dother.mount",
        "[Mount]\nWhat=tmpfs\nType=tmpfs\nWhere=/run/judged-other\n",
        Fate::Runs,
    ),
    row("run-judged-without.mount", "[Mount]\nType=tmpfs\n", Fate::Refused),
    row(
        "run-judged-misnamed.mount",
        "[Mount]\nWhat=tmpfs\nType=tmpfs\nWhere=/run/judged-misnamed\n",
        Fate::Refused,
    ),
    row("run-judged-misnamed.automount", "[Automount]\nWhere=/run/elsewhere\n", Fate::Refused),
    warned(
        "judged-bad-capability.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nCapabilityBoundingSet=CAP_JUDGED\n",
        Fate::Runs,
        "unit-value",
    ),
    warned(
        "judged-bad-mask.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nUMask=999\n",
        Fate::Runs,
        "unit-value",
    ),
    warned(
        "judged-bad-signal.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nKillSignal=SIGJUDGED\n",
        Fate::Runs,
        "unit-value",
    ),
    warned(
        "judged-bad-slice.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nSlice=system\n",
        Fate::Runs,
        "unit-value",
    ),
    warned(
        "judged-bad-variable.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nEnvironment=1A=b\n",
        Fate::Runs,
        "unit-value",
    ),
    row(
        "judged-bad-user.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nUser=judged user\n",
        Fate::Fails,
    ),
    row(
        "judged-relative-directory.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nWorkingDirectory=usr/lib\n",
        Fate::Refused,
    ),
    warned(
        "judged-wrong-section.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\nWantedBy=multi-user.target\n",
        Fate::Runs,
        "unit-directive",
    ),
];
