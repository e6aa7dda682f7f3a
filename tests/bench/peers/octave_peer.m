% The same with Octave. See numpy_peer.py for the protocol.
arguments = argv ();
for i = 1:numel (arguments)
  word = strsplit (arguments{i}, "=");
  settings.(word{1}) = str2double (word{2});
end
n1 = settings.n1; n2 = settings.n2; m = settings.m; k = settings.k;
randn ("seed", 1);
A = randn (m, n1 * n2);
A /= sqrt (m);
y = A * (ones (n1 * n2, 1) / sqrt (n1 * n2));
V = randn (n1, k) * 1e-3;
W = randn (n2, k) * 1e-3;
step = 0.1;
while ischar (line = fgetl (stdin))
  if isempty (line)
    continue
  end
  words = strsplit (strtrim (line), " ");
  if strcmp (words{1}, "run")
    times = str2double (words{2});
    start = tic ();
    for t = 1:times
      r = A * (V * W')(:) - y;
      M = reshape (A' * r, n1, n2);
      V_next = V - step * (M * W);
      W -= step * (M' * V);
      V = V_next;
    end
    printf ("%.9g\n", toc (start) / times);
  else
    status = fileread (sprintf ("/proc/%d/status", getpid ()));
    peak = regexp (status, 'VmHWM:\s+(\d+)', 'tokens'){1}{1};
    printf ("%d\n", str2double (peak) * 1024);
  end
  fflush (stdout);
end
exit (0);
