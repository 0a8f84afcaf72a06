"""Shared parameters: where the files are, who owns them, how long processes live, how they log. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, integer, seconds, string


class ProcessParams(ParamSet):
    """Where the files are, who owns them, how long processes live, how they log."""

    compatibility_level = string(
        "0",
        doc="The Postfix release whose defaults are wanted; later changes of defaults apply from their release on.",
        since="3.0",
    )
    config_directory = string("", doc="Directory of main.cf and master.cf (as the program was started).")
    queue_directory = string(
        "/var/spool/postfix", doc="Directory of the queue and of the sockets; daemons run in it.", minimum=1
    )
    command_directory = string("/usr/sbin", doc="Directory of the commands.", minimum=1)
    daemon_directory = string(
        "/usr/libexec/postfix",
        doc="Directory of the daemons; names of our own daemons are ours wherever it points.",
        minimum=1,
    )
    data_directory = string(
        "/var/lib/postfix", doc="Directory of caches and other files that the daemons write.", since="2.5", minimum=1
    )
    meta_directory = string(
        "/etc/postfix",
        doc="Directory of Postfix's packaging files; accepted for compatibility.",
        since="3.0",
        minimum=1,
    )
    shlib_directory = string(
        "no", doc="Directory of Postfix's shared libraries; accepted for compatibility.", since="3.0", minimum=1
    )
    process_id_directory = string(
        "pid", doc="Directory of lock files with process numbers, below queue_directory.", minimum=1
    )
    mail_owner = string("postfix", doc="The user that owns the queue and runs most daemons.", minimum=1)
    setgid_group = string("postdrop", doc="The group of the commands that submit mail and manage the queue.", minimum=1)
    default_privs = string(
        "nobody",
        doc="The user whose rights deliveries to files and commands have when no recipient's apply.",
        minimum=1,
    )
    mail_name = string(
        "pymail", doc="The name of the mail system, in the greeting, in Received: and in reports.", minimum=1
    )
    mail_version = string("", doc="The Postfix release that this system follows.")
    syslog_name = string(
        "${multi_instance_name?{$multi_instance_name}:{postfix}}",
        doc="The first part of the tag of each log line.",
        minimum=1,
    )
    syslog_facility = string("mail", doc="The facility of log lines.", minimum=1)
    maillog_file = string("", doc="Log to this file through the postlog service, instead of syslog.", since="3.4")
    maillog_file_prefixes = string("/var, /dev/stdout", doc="Where maillog_file may be.", since="3.4", minimum=1)
    maillog_file_permissions = string("0600", doc="Access mode of a new maillog_file.", since="3.9", minimum=1)
    maillog_file_compressor = string(
        "gzip", doc='The program that compresses the old file at "postfix logrotate".', since="3.4", minimum=1
    )
    maillog_file_rotate_suffix = string(
        "%Y%m%d-%H%M%S",
        doc='What "postfix logrotate" appends to the name of the old file, as strftime(3).',
        since="3.4",
        minimum=1,
    )
    info_log_address_format = string(
        "external", doc="How addresses look in event lines: external (quoted) or internal.", since="3.5", minimum=1
    )
    delay_logging_resolution_limit = integer(
        2, doc="The most digits after the decimal point of a logged delay.", since="2.3", maximum=6
    )
    respectful_logging = boolean(
        "${{$compatibility_level} <level {3.6} ? {no} : {yes}}",
        doc='Say "allowlist" and "denylist" in the log.',
        since="3.6",
    )
    helpful_warnings = boolean(True, doc="Warn about settings that are likely to be mistakes.", since="2.0")
    debug_peer_list = string("", doc="Peers for which more is logged.", since="3.6")
    debug_peer_level = integer(2, doc="How much more is logged for debug_peer_list.", since="3.6", minimum=1)
    debugger_command = string("", doc="The command that is run when a daemon is started with -D.")
    default_process_limit = integer(
        100, doc="The number of processes of a service whose master.cf entry gives none.", minimum=1
    )
    ipc_timeout = seconds("3600s", doc="How long one read or write on an internal socket may take.", minimum=1)
    ipc_idle = seconds("5s", doc="Close an internal connection that was not used for so long.", minimum=1)
    ipc_ttl = seconds("1000s", doc="Close an internal connection that has lasted so long.", since="2.1", minimum=1)
    trigger_timeout = seconds("10s", doc="How long waking up a daemon may take.", minimum=1)
    daemon_timeout = seconds(
        "18000s", doc="How long a daemon may take for one request, before its watchdog ends it.", minimum=1
    )
    max_idle = seconds("100s", doc="How long a daemon waits for its next client before it ends.", minimum=1)
    max_use = integer(100, doc="How many clients a daemon serves before it ends.", minimum=1)
    application_event_drain_time = seconds(
        "100s", doc="How long a daemon that is told to stop may finish its work.", since="2.1", minimum=1
    )
    fork_attempts = integer(5, doc="How often a failed fork is tried.", minimum=1)
    fork_delay = seconds("1s", doc="The pause between attempts to fork.", minimum=1)
    in_flow_delay = seconds(
        "1s", doc="The pause before a new message is accepted, when mail arrives faster than it leaves.", maximum=10
    )
    import_environment = string(
        "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C"
        " POSTLOG_SERVICE POSTLOG_HOSTNAME XDG_RUNTIME_DIR",
        doc="Variables of the environment that programs take over; name=value sets one.",
    )
    export_environment = string(
        "TZ MAIL_CONFIG LANG", doc="Variables of the environment that programs outside the mail system see."
    )
    alternate_config_directories = string("", doc="Other configuration directories that set-gid commands accept.")
    multi_instance_directories = string("", doc="Configuration directories of further instances.", since="2.6")
    multi_instance_wrapper = string("", doc="The command that manages several instances.", since="2.6")
    multi_instance_group = string("", doc="The group of instances to which this one belongs.", since="2.6")
    multi_instance_name = string("", doc="The name of this instance.", since="2.6")
    multi_instance_enable = boolean(
        False, doc="Whether this instance is started and stopped with the others.", since="2.6"
    )
    soft_bounce = boolean(False, doc="Answer and treat permanent failures as temporary ones.")
    default_database_type = string("lmdb", doc="The type of a table that is named without one.", minimum=1)
    default_cache_db_type = string("lmdb", doc="The type of tables that programs write themselves.", minimum=1)
    daemon_table_open_error_is_fatal = boolean(
        False, doc="End when a table cannot be opened, instead of failing single requests.", since="2.9"
    )
