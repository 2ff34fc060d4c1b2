# Tab completion of cyrkeep for bash; installed as share/bash-completion/completions/cyrkeep.

_cyrkeep_numbers() { # _cyrkeep_numbers COMMAND KEY: the numbers that a command lists
	"${COMP_WORDS[0]}" "${general[@]}" --json "$1" 2>/dev/null | sed -n "s/.*\"$2\":\([0-9][0-9]*\).*/\1/p"
}

_cyrkeep() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command= i
	local general=() operands=0
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | -C | --state) general+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}"); ((i++)) ;;
		-*) ;;
		*) if [ -z "$command" ]; then command=${COMP_WORDS[i]}; else ((operands++)); fi ;;
		esac
	done
	case $prev in
	-c | -C) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	--state) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	--method) mapfile -t COMPREPLY < <(compgen -W 'stop' -- "$cur"); return ;;
	--keep) mapfile -t COMPREPLY < <(compgen -W 'deliver.db tls_sessions.db ptscache.db statuscache.db proc/ socket/ lock/
		stage./ sync./ cyrus.squat cyrus.indexed.db xapian/' -- "$cur"); return ;;
	--quota) mapfile -t COMPREPLY < <(compgen -W 'keep fit raise' -- "$cur"); return ;;
	--elsewhere) mapfile -t COMPREPLY < <(compgen -W 'restore leave' -- "$cur"); return ;;
	--via) mapfile -t COMPREPLY < <(compgen -W 'sync imap' -- "$cur"); return ;;
	esac
	local words=
	case $command in
	'') words='check mailboxes backup jobs attach pause resume cancel archives list cat restore verify unwind
		-c -C --state --json --help --version' ;;
	attach | pause | resume | cancel) words=$(_cyrkeep_numbers jobs job) ;;
	list | cat | restore | verify)
		[ $operands = 0 ] && words="latest $(_cyrkeep_numbers archives archive)"
		[ "$command" = list ] && words="$words --all"
		[ "$command" = restore ] && words="$words --to --uid --via --quota --elsewhere --dry-run --yes"
		;;
	backup) words='--plan --method --driver --to --full --exclude --keep --without-config --without-secrets --accept-shrink --detach --dry-run' ;;
	unwind) words='--dry-run' ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words --help --json" -- "$cur")
}
complete -F _cyrkeep cyrkeep
