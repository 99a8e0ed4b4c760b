# Completes command lines of enrollkit in PowerShell 5.1 and later. Written by: enrollkit completion powershell
Register-ArgumentCompleter -Native -CommandName enrollkit -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @(
        $commandAst.CommandElements | Select-Object -Skip 1 |
            Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
            ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } }
    )
    $lines = @(& $commandAst.CommandElements[0].Extent.Text __complete @before "=$wordToComplete" 2>$null)
    # For files and folders, PowerShell completes paths itself.
    if ($lines.Count -eq 0 -or $lines[0] -ne 'values') { return }
    $lines | Select-Object -Skip 1 | ForEach-Object {
        $value, $description = $_ -split "`t", 2
        if (-not $description) { $description = $value }
        $text = if ($value -match '^[\w./:@%+=,-]+$') { $value } else { "'" + $value.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $description)
    }
}
