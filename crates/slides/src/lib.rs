//! Convert presentations: Slides Cloud, a self-hosted server, or in this process, behind one client.
