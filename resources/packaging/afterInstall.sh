#!/bin/sh
set -e
# Chromium's sandbox needs its helper set-user-id where the system forbids user namespaces to programs.
chown root:root /opt/Gatehouse/chrome-sandbox
chmod 4755 /opt/Gatehouse/chrome-sandbox
ln -sf /opt/Gatehouse/resources/bin/gatehouse /usr/bin/gatehouse
ln -sf /opt/Gatehouse/gatehouse-desktop /usr/bin/gatehouse-desktop
if command -v update-desktop-database >/dev/null 2>&1; then update-desktop-database -q /usr/share/applications || true; fi
if command -v gtk-update-icon-cache >/dev/null 2>&1; then gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor || true; fi
