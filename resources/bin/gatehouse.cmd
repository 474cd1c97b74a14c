@echo off
setlocal
set ELECTRON_RUN_AS_NODE=1
"%~dp0..\..\Gatehouse.exe" "%~dp0..\app.asar\dist\cli.cjs" %*
exit /b %ERRORLEVEL%
