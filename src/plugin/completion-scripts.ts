/**
 * What a shell reads to complete the words of the plugin. Each asks `__complete` and does what the last line says: 0 lets the shell
 * complete files, 16 folders.
 */

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** The name by which kubectl finds it. */
const PROGRAM = 'kubectl-ingress_nginx';

/** With nothing that bash 3.2 lacks, which macOS has, and without bash-completion. */
const BASH = `# bash completion of ${PROGRAM}
_kubectl_ingress_nginx() {
    local -a words
    local word count=0 i joined='' typed kept='' output directive line
    words=()
    # readline splits words at = and :
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=\${COMP_WORDS[i]}
        if ((count > 0)) && [[ -n $joined || $word == [=:]* ]]; then
            words[count - 1]+=$word
        else
            words[count]=$word
            count=$((count + 1))
        fi
        joined=''
        [[ $word == *[=:] ]] && joined=yes
    done
    for ((i = 0; i < count; i++)); do words[i]=\${words[i]//[\\\\\\"\\']/}; done
    typed=\${words[count - 1]}
    [[ $typed == --*=* ]] && typed=\${typed#*=}
    # What stands before the last colon is not replaced.
    [[ $typed == *:* && $COMP_WORDBREAKS == *:* ]] && kept=\${typed%"\${typed##*:}"}
    COMPREPLY=()
    output=$(${PROGRAM} __complete "\${words[@]}" 2>/dev/null) || return 0
    directive=\${output##*:}
    while IFS= read -r line; do
        line=\${line%%$'\\t'*}
        [[ -n $line ]] || continue
        printf -v line '%q' "\${line#"$kept"}"
        COMPREPLY+=("$line")
    done <<<"\${output%:*}"
    ((\${#COMPREPLY[@]} > 0)) && return 0
    [[ $directive == 0 || $directive == 16 ]] || return 0
    compopt -o filenames 2>/dev/null
    [[ $directive == 0 ]] && directive=-f || directive=-d
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$directive" -- "$typed")
}
complete -F _kubectl_ingress_nginx ${PROGRAM}
`;

/** To be read by a shell, or as a file \`_kubectl-ingress_nginx\` in a folder of \`fpath\`. */
const ZSH = `#compdef ${PROGRAM}
# zsh completion of ${PROGRAM}
_${PROGRAM}() {
    local output directive line name
    local -a lines candidates
    output=$(${PROGRAM} __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null) || return 1
    lines=("\${(@f)output}")
    directive=\${lines[-1]#:}
    for line in "\${(@)lines[1,-2]}"; do
        name=\${line%%$'\\t'*}
        [[ $line == *$'\\t'* ]] && line=:\${line#*$'\\t'} || line=''
        candidates+=("\${name//:/\\\\:}$line")
    done
    compset -P '--*='
    (( $#candidates )) && { _describe ${PROGRAM} candidates; return }
    case $directive in
        0) _files ;;
        16) _files -/ ;;
    esac
}
if [[ \${funcstack[1]} == _${PROGRAM} ]]; then
    _${PROGRAM} "$@"
else
    compdef _${PROGRAM} ${PROGRAM}
fi
`;

const FISH = `# fish completion of ${PROGRAM}
function __kubectl_ingress_nginx_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l typed (commandline --cut-at-cursor --current-token | string unescape)
    set -l lines (${PROGRAM} __complete $words[2..] "$typed" 2>/dev/null)
    or return
    # fish wants the whole word.
    set -l flag (string match --regex '^--[^=]+=' -- "$typed")
    for line in $lines[1..-2]
        echo "$flag$line"
    end
    if test (count $lines) -eq 1
        switch $lines[1]
            case ':0'
                __fish_complete_path (string replace -- "$flag" '' "$typed") | string replace --regex '^' "$flag"
            case ':16'
                __fish_complete_directories (string replace -- "$flag" '' "$typed") | string replace --regex '^' "$flag"
        end
    end
end
complete --command ${PROGRAM} --no-files --arguments '(__kubectl_ingress_nginx_complete)'
`;

const POWERSHELL = `# PowerShell completion of ${PROGRAM}
Register-ArgumentCompleter -Native -CommandName '${PROGRAM}' -ScriptBlock {
    param($WordToComplete, $CommandAst, $CursorPosition)
    $words = @($CommandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.StartOffset -lt $CursorPosition } | ForEach-Object { $_.Extent.Text })
    if ($WordToComplete -eq '') {
        # Empty words are lost on the way to programs of older versions.
        $isLegacy = $PSVersionTable.PSVersion -lt [version]'7.3' -or $PSNativeCommandArgumentPassing -eq 'Legacy'
        $words += $(if ($isLegacy) { '""' } else { '' })
    }
    $lines = @(& '${PROGRAM}' __complete @words 2>$null)
    $flag = if ($WordToComplete -match '^--[^=]+=') { $Matches[0] } else { '' }
    foreach ($line in $lines | Select-Object -SkipLast 1) {
        $name, $about = $line -split "\`t", 2
        $tip = if ($about) { $about } else { $name }
        [System.Management.Automation.CompletionResult]::new("$flag$name", $name, 'ParameterValue', $tip)
    }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
